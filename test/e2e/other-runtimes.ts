import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import type { CgroupHost } from "./cgroup-host.ts";

/** Another runtime than Docker, as it comes from Debian, and where its containers are not those of anybody else. */
export interface OtherRuntime extends AsyncDisposable {
  /** Runs a shell in a container of a name that nobody else has, to its end. Gives what the container is to be known as. */
  run(name: string, script: string): Promise<KnownAs>;
  /** Runs a shell in a container that runs already, and ends both. */
  enter(name: string, script: string): Promise<KnownAs>;
}

interface KnownAs {
  readonly id: string;
  readonly runtime: string;
  readonly name: string;
  readonly image: string;
}

export interface OtherRuntimeRow {
  readonly name: string;
  /** What it needs of Debian. */
  readonly programs: readonly string[];
  /** Whether its containers are overlays, so that what was written in them is known from what was there. */
  readonly overlay: boolean;
  start(host: CgroupHost, directory: string): Promise<OtherRuntime>;
}

export const otherRuntimes: readonly OtherRuntimeRow[] = [
  { name: "Podman", programs: ["podman", "crun", "runc", "conmon"], overlay: true, start: startPodman },
  {
    name: "containerd",
    programs: ["containerd", "ctr", "runc", "podman"],
    overlay: true,
    start: startContainerd,
  },
  { name: "LXC", programs: ["lxc-start", "lxc-info"], overlay: false, start: startLxc },
];

const IMAGE = "localhost/prt/shop:1.2";
const COMMAND_DEADLINE_MS = 60_000;

/** Why a runtime cannot be tried here; undefined where it can. */
export function runtimeUnavailable({ name, programs }: OtherRuntimeRow): string | undefined {
  const missing = programs.find((program) => spawnSync("which", [program]).status !== 0);
  if (missing !== undefined) return `needs ${missing}`;
  // It keeps its bundles, and listens, where that of the host does.
  const isTaken = name === "containerd" && spawnSync("ctr", ["version"]).status === 0;
  return isTaken ? "another containerd runs here" : undefined;
}

async function startPodman(host: CgroupHost, directory: string): Promise<OtherRuntime> {
  // crun knows no host that has both versions; runc does.
  const runtime = host.enter.length > 0 ? "crun" : "runc";
  const podman = [...host.enter, "podman", "--cgroup-manager=cgroupfs", `--runtime=${runtime}`];
  succeed([...podman, "import", "--quiet", archiveOf(directory), IMAGE]);
  const names: string[] = [];
  const start = (name: string, ...args: readonly string[]): KnownAs => {
    names.push(name);
    const flags = ["--network=none", "--pids-limit=0", `--name=${name}`];
    succeed([...podman, "run", ...flags, ...args]);
    const id = succeed([...podman, "inspect", "--format={{.Id}}", name]).trim();
    return { id, runtime: "podman", name, image: IMAGE };
  };
  return {
    async run(name, script) {
      return start(name, IMAGE, "/bin/sh", "-c", script);
    },
    async enter(name, script) {
      const known = start(name, "--detach", IMAGE, "/bin/sleep", "100");
      succeed([...podman, "exec", name, "/bin/sh", "-c", script]);
      return known;
    },
    async [Symbol.asyncDispose]() {
      succeed([...podman, "rm", "--force", "--time=0", ...names]);
      succeed([...podman, "rmi", "--force", IMAGE]);
    },
  };
}

async function startContainerd(host: CgroupHost, directory: string): Promise<OtherRuntime> {
  const daemon = await Containerd.start(host, directory);
  const archive = path.join(directory, "image.tar");
  succeed(["podman", "import", "--quiet", archiveOf(directory), IMAGE]);
  succeed(["podman", "save", "--quiet", "--format=oci-archive", `--output=${archive}`, IMAGE]);
  succeed(["podman", "rmi", "--force", IMAGE]);
  daemon.ctr("image", "import", archive);
  // A group of version 2 alone has no processor to share out here.
  const start = (name: string, ...args: readonly string[]): KnownAs => {
    daemon.ctr("run", "--cpu-shares=0", ...args);
    return { id: name, runtime: "containerd", name, image: IMAGE };
  };
  return {
    async run(name, script) {
      return start(name, "--rm", IMAGE, name, "/bin/sh", "-c", script);
    },
    async enter(name, script) {
      const known = start(name, "--detach", IMAGE, name, "/bin/sleep", "100");
      daemon.ctr("task", "exec", "--exec-id=entered", name, "/bin/sh", "-c", script);
      daemon.ctr("task", "delete", "--force", name);
      return known;
    },
    async [Symbol.asyncDispose]() {
      await daemon.end();
    },
  };
}

/**
 * A containerd with its bundles and its socket where they are by default, and all else apart. The directory stays: the
 * shims of every engine of this machine have their sockets in it.
 */
class Containerd {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(host: CgroupHost, directory: string): Promise<Containerd> {
    const config = path.join(directory, "containerd.toml");
    const lines = [
      "version = 2",
      `root = "${path.join(directory, "containerd")}"`,
      'state = "/run/containerd"',
      'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
    ];
    writeFileSync(config, lines.join("\n"));
    const args = ["--pdeathsig", "TERM", ...host.enter, "containerd", "--config", config];
    const child = spawn("setpriv", args, { stdio: "ignore" });
    const daemon = new Containerd(child);
    for (let tries = 0; spawnSync("ctr", ["version"]).status !== 0; tries += 1) {
      if (tries > 100 || child.exitCode !== null) throw new Error("containerd does not start");
      await sleep(100);
    }
    return daemon;
  }

  ctr(...args: readonly string[]): string {
    return succeed(["ctr", ...args]);
  }

  async end(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await ended;
  }
}

const LXC = "/var/lib/lxc";

async function startLxc(host: CgroupHost, directory: string): Promise<OtherRuntime> {
  const root = rootOf(directory);
  const made: string[] = [];
  const prepare = (name: string, command: string): KnownAs => {
    const at = path.join(LXC, name);
    made.push(at);
    mkdirSync(at, { recursive: true });
    cpSync(root, path.join(at, "rootfs"), { recursive: true, verbatimSymlinks: true });
    const config = [`lxc.uts.name = ${name}`, `lxc.rootfs.path = dir:${at}/rootfs`, "lxc.net.0.type = empty"];
    writeFileSync(path.join(at, "config"), [...config, `lxc.init.cmd = ${command}`, ""].join("\n"));
    return { id: name, runtime: "lxc", name, image: `${at}/rootfs` };
  };
  return {
    async run(name, script) {
      const known = prepare(name, "/bin/sh /script");
      writeFileSync(path.join(known.image, "script"), script);
      // In the foreground, until its first process ends.
      succeed([...host.enter, "lxc-start", "--name", name, "--foreground"]);
      return known;
    },
    async enter(name, script) {
      const known = prepare(name, "/bin/sleep 100");
      succeed([...host.enter, "lxc-start", "--name", name]);
      succeed([...host.enter, "lxc-attach", "--name", name, "--", "/bin/sh", "-c", script]);
      succeed([...host.enter, "lxc-stop", "--kill", "--name", name]);
      return known;
    },
    async [Symbol.asyncDispose]() {
      for (const at of made) rmSync(at, { recursive: true });
    },
  };
}

/** Removes the control groups above containers that runtimes leave behind, from all hierarchies. */
export function removeEmptyGroups(): void {
  const roots = [CGROUPS, ...readdirSync(CGROUPS).map((name) => path.join(CGROUPS, name))];
  for (const root of roots) {
    for (const group of ["default", "libpod_parent/conmon", "libpod_parent", "lxc.pivot"]) {
      try {
        rmdirSync(path.join(root, group));
      } catch {
        // It is not there, or somebody's.
      }
    }
  }
}

const CGROUPS = "/sys/fs/cgroup";

function archiveOf(directory: string): string {
  const archive = path.join(directory, "root.tar");
  succeed(["tar", "-C", rootOf(directory), "-cf", archive, "."]);
  return archive;
}

/** A static busybox with a few names, and accounts. */
function rootOf(directory: string): string {
  const root = path.join(directory, "root");
  if (existsSync(root)) return root;
  for (const name of ["bin", "dev", "etc", "proc", "sys", "tmp"]) {
    mkdirSync(path.join(root, name), { recursive: true });
  }
  copyFileSync("/usr/bin/busybox", path.join(root, "bin/busybox"));
  for (const name of ["sh", "cat", "cp", "echo", "id", "sleep"])
    symlinkSync("busybox", path.join(root, "bin", name));
  writeFileSync(path.join(root, "etc/passwd"), "root:x:0:0::/:/bin/sh\n");
  writeFileSync(path.join(root, "etc/shadow"), "root:*:20000::::::\n");
  return root;
}

function succeed([command = "", ...args]: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: "utf8",
    env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin`, PODMAN_IGNORE_CGROUPSV1_WARNING: "1" },
    timeout: COMMAND_DEADLINE_MS,
  });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr || stdout}`);
  return stdout;
}
