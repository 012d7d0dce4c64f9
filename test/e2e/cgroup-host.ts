import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

/** How a host mounts its control groups: as this one does, or version 2 alone at `/sys/fs/cgroup`. */
export type CgroupLayout = "as this host has them" | "of version 2 alone";

/** Those that can be tried here: a host that has version 2 alone has nothing else. */
export const cgroupLayouts: readonly CgroupLayout[] = hasVersionOne()
  ? ["as this host has them", "of version 2 alone"]
  : ["of version 2 alone"];

const MOUNT =
  "umount -R /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup && echo ready && exec sleep infinity";

/**
 * A host by its control groups. Where they are not those of this machine, a mount namespace has them: engines and
 * sensors that are started in it see no hierarchy of version 1, and containers have groups of version 2 alone. What
 * asks the kernel by `/proc/PID` sees the same from outside, but for the hierarchies of version 1, which name the host
 * there: nothing may be found by them.
 */
export class CgroupHost implements AsyncDisposable {
  readonly #holder: ChildProcess | undefined;
  readonly #directory: string;

  private constructor(holder: ChildProcess | undefined, directory: string) {
    this.#holder = holder;
    this.#directory = directory;
  }

  static async start(layout: CgroupLayout): Promise<CgroupHost> {
    const directory = await mkdtemp(path.join(tmpdir(), "prc-"));
    if (layout === "as this host has them" || !hasVersionOne()) return new CgroupHost(undefined, directory);
    // The namespace lives as long as this process.
    const args = ["--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private", "sh", "-c", MOUNT];
    const holder = spawn("setpriv", args, { stdio: ["ignore", "pipe", "inherit"] });
    const [said] = await Promise.race([once(holder.stdout, "data"), once(holder, "exit")]);
    if (String(said) !== "ready\n") throw new Error("no namespace with control groups of version 2 alone");
    return new CgroupHost(holder, directory);
  }

  /** The words that have a command run on this host. */
  get enter(): readonly string[] {
    if (this.#holder === undefined) return [];
    return ["nsenter", `--mount=/proc/${this.#holder.pid}/ns/mnt`, "--"];
  }

  /** A program that runs another one on this host. */
  async program(binary: string): Promise<string> {
    if (this.#holder === undefined) return binary;
    const file = path.join(this.#directory, path.basename(binary));
    await writeFile(file, `#!/bin/sh\nexec ${this.enter.join(" ")} ${binary} "$@"\n`);
    await chmod(file, 0o755);
    return file;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#holder !== undefined) {
      const ended = once(this.#holder, "exit");
      this.#holder.kill("SIGKILL");
      await ended;
    }
    await rm(this.#directory, { recursive: true });
  }
}

function hasVersionOne(): boolean {
  return readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .some((line) => line.split(" ")[2] === "cgroup");
}
