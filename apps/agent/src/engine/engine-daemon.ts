import { readdirSync, readFileSync } from "node:fs";
import { hasCode } from "@pratique/core";
import { AgentError } from "../errors.ts";

/** A running Docker daemon of this host, as its own process tells. */
export interface EngineDaemon {
  readonly pid: number;
  readonly configFile: string;
  /** Authorization plug-ins on its command line: they cannot be changed without a restart. */
  readonly fixedPlugins: readonly string[];
}

const DEFAULT_CONFIG = "/etc/docker/daemon.json";
const DEFAULT_HOST = "unix:///var/run/docker.sock";

/** Finds the daemon that listens on a socket. Throws `ENGINE_NOT_FOUND`. */
export function findEngineDaemon(socketPath: string): EngineDaemon {
  for (const pid of processIds()) {
    const args = commandLineOf(pid);
    if (!/(?:^|\/)dockerd$/u.test(args[0] ?? "") || !listensOn(args, socketPath)) continue;
    return {
      pid,
      configFile: valuesOf(args, "--config-file").at(-1) ?? DEFAULT_CONFIG,
      fixedPlugins: valuesOf(args, "--authorization-plugin"),
    };
  }
  throw new AgentError(
    "ENGINE_NOT_FOUND",
    `no dockerd process of this host listens on ${JSON.stringify(socketPath)}`,
  );
}

function processIds(): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/u.test(name))
    .map(Number);
}

function commandLineOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch (thrown) {
    // It ended meanwhile. What cannot be read may be the very daemon that is sought.
    if (hasCode(thrown, "ENOENT", "ESRCH")) return [];
    throw thrown;
  }
}

function listensOn(args: readonly string[], socketPath: string): boolean {
  const hosts = [...valuesOf(args, "--host"), ...valuesOf(args, "-H")];
  const wanted = normalize(socketPath);
  // Without hosts, and with systemd's `fd://`, it listens where everybody expects it.
  const listened =
    hosts.length === 0 ? [DEFAULT_HOST] : hosts.map((host) => (host === "fd://" ? DEFAULT_HOST : host));
  return listened.some((host) => normalize(host.replace(/^unix:\/\//u, "")) === wanted);
}

/** `/var/run` is a link to `/run` on every system that has both. */
function normalize(socketPath: string): string {
  return socketPath.replace(/^\/var\/run\//u, "/run/");
}

function valuesOf(args: readonly string[], flag: string): readonly string[] {
  return args.flatMap((arg, index) => {
    if (arg === flag) return [args[index + 1] ?? ""];
    return arg.startsWith(`${flag}=`) ? [arg.slice(flag.length + 1)] : [];
  });
}
