import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { hasCode, messageOf } from "@pratique/core";
import { Engine } from "@pratique/engine";
import { AgentError } from "../errors.ts";
import type { Layout } from "../layout.ts";
import { isAlive, signalProcess } from "../process-signals.ts";
import { engineCgroup, removeEngineCgroup, unifiedRoot } from "./engine-cgroup.ts";
import { findEngineDaemon } from "./engine-daemon.ts";

const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 20_000;
const POLL_MS = 100;
/** The daemon gives its containerd fifteen seconds. On a slow host that is not enough, until its files are in memory. */
const IMPATIENT = "timeout waiting for containerd";
const MAX_STARTS = 3;
/** What the daemon says when no container of it runs any more. */
const CONTAINERS_ENDED = "Daemon shutdown complete";
const INTERFACES = "/sys/class/net";
/** The daemon's own name for one, by the beginning of its network's id. */
const BRIDGE = /^br-([0-9a-f]{12})$/u;

export interface PrivateEngineOptions {
  readonly layout: Layout;
  /** The authorization plug-in that the engine asks from its first call on; its socket must be there already. */
  readonly plugin: string;
  readonly dockerd: string;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** The environment of the daemon: it needs PATH to find containerd and runc. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * A Docker Engine of our own beside whatever else the host has: own socket, data, pid file and configuration.
 * It asks the gate from its first call on.
 */
export class PrivateEngine {
  readonly socketPath: string;
  readonly #options: PrivateEngineOptions;
  readonly #directory: string;
  #child: ChildProcess | undefined;

  constructor(options: PrivateEngineOptions) {
    this.#options = options;
    this.#directory = options.layout.engineData;
    this.socketPath = options.layout.engineSocket;
  }

  /** Starts it, or goes on with one that an earlier start left running. Throws `ENGINE_START_FAILED`. */
  async start(signal: AbortSignal): Promise<"started" | "adopted"> {
    if (await this.#answers()) return "adopted";
    for (let starts = 1; starts <= MAX_STARTS && !signal.aborted; starts += 1) {
      this.#prepare();
      this.#spawn();
      if (await this.#comesUp(signal)) return "started";
      if (!this.#lastWords().includes(IMPATIENT)) break;
    }
    removeEngineCgroup(this.#options.plugin);
    throw new AgentError("ENGINE_START_FAILED", `dockerd does not start: ${this.#lastWords()}`);
  }

  async #comesUp(signal: AbortSignal): Promise<boolean> {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(START_DEADLINE_MS)]);
    while (!deadline.aborted) {
      if (await this.#answers()) return true;
      if (this.#child?.exitCode !== null) return false;
      await this.#options.sleep(POLL_MS, deadline).catch(() => undefined);
    }
    return false;
  }

  /**
   * Stops it, and with it every container that it runs. `onContainersEnded` is for whoever still listens to it: once its
   * containers have ended, the daemon waits for them to go, and for five seconds if they do not.
   */
  async stop(onContainersEnded: () => Promise<void> = async () => undefined): Promise<void> {
    const pid = this.#pid();
    if (pid === undefined) return;
    signalProcess(pid, "SIGTERM");
    const deadline = AbortSignal.timeout(STOP_DEADLINE_MS);
    let haveEnded = false;
    while (isAlive(pid) && !deadline.aborted) {
      if (!haveEnded && this.#log().includes(CONTAINERS_ENDED)) {
        haveEnded = true;
        await onContainersEnded();
      }
      await this.#options.sleep(POLL_MS, deadline).catch(() => undefined);
    }
    if (isAlive(pid)) signalProcess(pid, "SIGKILL");
    this.#releaseNetworks();
    this.#removeBridges();
    removeEngineCgroup(this.#options.plugin);
  }

  /**
   * The daemon leaves the interfaces of its networks, with their routes, and makes them again when it is started. Those with a
   * name that a person gave may be another engine's as well.
   */
  #removeBridges(): void {
    const { environment: env } = this.#options;
    for (const name of readdirSync(INTERFACES)) {
      const [, id] = BRIDGE.exec(name) ?? [];
      if (id !== undefined && this.#knowsNetwork(id))
        spawnSync("ip", ["link", "delete", name], { env, stdio: "ignore" });
    }
  }

  /** Whether the daemon has a network whose id begins so: its store has them as text. */
  #knowsNetwork(id: string): boolean {
    try {
      return readFileSync(path.join(this.#directory, "data/network/files/local-kv.db")).includes(`/${id}`);
    } catch {
      // One that was never up has none.
      return false;
    }
  }

  /** The daemon leaves the host's network mounted once a container has joined it. */
  #releaseNetworks(): void {
    const networks = path.join(this.#executionRoot, "netns");
    if (!existsSync(networks)) return;
    const mounts = readdirSync(networks).map((name) => path.join(networks, name));
    if (mounts.length > 0)
      spawnSync("umount", ["--lazy", ...mounts], { env: this.#options.environment, stdio: "ignore" });
  }

  #prepare(): void {
    mkdirSync(this.#directory, { recursive: true, mode: 0o711 });
    mkdirSync(path.dirname(this.socketPath), { recursive: true, mode: 0o700 });
    rmSync(this.socketPath, { force: true });
    // A pid file of a daemon that was killed would keep the new one from starting.
    if (this.#pid() === undefined) rmSync(this.#pidFile, { force: true });
    writeFileSync(path.join(this.#directory, "daemon.json"), "{}\n");
    // There before the first container is, so that it can have the policy of each.
    const group = engineCgroup(this.#options.plugin);
    if (group !== undefined) mkdirSync(path.join(unifiedRoot(), group), { recursive: true });
  }

  #spawn(): void {
    const { dockerd, plugin, environment } = this.#options;
    const group = engineCgroup(plugin);
    rmSync(this.#logFile, { force: true });
    // Appended to, so that it can begin anew while the daemon runs.
    const log = openSync(this.#logFile, "a", 0o600);
    const args = [
      `--config-file=${path.join(this.#directory, "daemon.json")}`,
      `--data-root=${path.join(this.#directory, "data")}`,
      `--exec-root=${this.#executionRoot}`,
      `--pidfile=${this.#pidFile}`,
      `--host=unix://${this.socketPath}`,
      `--authorization-plugin=${plugin}`,
      "--bridge=none",
      "--iptables=false",
      "--ip6tables=false",
      "--shutdown-timeout=5",
      ...(group === undefined ? [] : [`--cgroup-parent=${group}`]),
    ];
    this.#child = spawn(dockerd, args, { stdio: ["ignore", log, log], detached: true, env: environment });
    closeSync(log);
    this.#child.on("error", () => undefined);
    this.#child.unref();
  }

  async #answers(): Promise<boolean> {
    if (!existsSync(this.socketPath)) return false;
    await using engine = new Engine({
      address: { kind: "unix", socketPath: this.socketPath },
      timeoutMs: 20_000,
    });
    try {
      await engine.ping();
      return true;
    } catch {
      return false;
    }
  }

  /**
   * The daemon that is ours: our child, or the process that listens on our socket. Never what a pid file says: it
   * outlives the machine's restart, and its number may be anybody's by then.
   */
  #pid(): number | undefined {
    if (this.#child?.exitCode === null && this.#child.signalCode === null) return this.#child.pid;
    try {
      return findEngineDaemon(this.socketPath).pid;
    } catch (thrown) {
      if (hasCode(thrown, "ENGINE_NOT_FOUND")) return undefined;
      throw thrown;
    }
  }

  get #executionRoot(): string {
    return path.join(this.#options.layout.run, "engine");
  }

  get #pidFile(): string {
    return path.join(this.#directory, "dockerd.pid");
  }

  get #logFile(): string {
    return this.#options.layout.engineLog;
  }

  /** What it said since it was started; in its place, why that cannot be read. */
  #log(): string {
    try {
      return readFileSync(this.#logFile, "utf8");
    } catch (thrown) {
      return messageOf(thrown);
    }
  }

  #lastWords(): string {
    return this.#log().trim().split("\n").at(-1) ?? "";
  }
}
