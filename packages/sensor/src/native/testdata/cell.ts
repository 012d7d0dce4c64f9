import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmdirSync, statSync, symlinkSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { tempDirectory, type TempDirectory } from "../../../../testkit/src/temp-directory.ts";
import { succeed } from "./native-tools.ts";

type CellProcess = ChildProcessByStdio<Writable, Readable, null>;

export interface Outcome {
  readonly stdout: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface CellOptions {
  readonly network?: string;
  /** Its own numbers of processes, for each command anew, or those of another process; else the host's. */
  readonly pids?: "own" | number;
  readonly programs?: readonly string[];
}

/**
 * What a container is to the kernel, without an engine: a control group, namespaces of its own, and an overlay for its
 * root, whose lower layer has a busybox.
 */
export class Cell implements AsyncDisposable {
  readonly cgroupId: string;
  readonly root: string;
  readonly #cgroup: string;
  readonly #directory: TempDirectory;
  readonly #network: string | undefined;
  readonly #pids: CellOptions["pids"];
  readonly #running = new Set<CellProcess>();

  constructor(name: string, { network, pids, programs = [] }: CellOptions = {}) {
    this.#directory = tempDirectory();
    this.#network = network;
    this.#pids = pids;
    this.#cgroup = path.join(cgroupRoot(), `prq-test-${process.pid}-${name}`);
    mkdirSync(this.#cgroup, { recursive: true });
    this.cgroupId = String(statSync(this.#cgroup).ino);
    this.root = this.#directory.at("root");
    this.#makeRoot(programs);
  }

  /** A command in the cell's root, to its end. */
  async run(...command: readonly string[]): Promise<Outcome> {
    const child = this.#spawn(command);
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stdin.end();
    const [code, signal] = await once(child, "close");
    return { stdout: Buffer.concat(chunks).toString("utf8").trim(), code, signal };
  }

  /** The processes that are in it, by the host's numbers, the one that began first being the first. */
  get pids(): readonly number[] {
    const lines = readFileSync(path.join(this.#cgroup, "cgroup.procs"), "utf8").trim().split("\n");
    return lines.map(Number).sort((a, b) => a - b);
  }

  /** A command that is spoken with line by line. */
  converse(...command: readonly string[]): Conversation {
    return new Conversation(this.#spawn(command));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#running) {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    }
    // A program that another test starts has our files open for a moment: a plain umount may find them busy.
    succeed("umount", ["--lazy", this.root]);
    rmdirSync(this.#cgroup);
    this.#directory[Symbol.dispose]();
  }

  /** The shell becomes the command, so that what is killed is what the test waits for. */
  #spawn(command: readonly string[]): CellProcess {
    const enter = this.#network === undefined ? "" : `ip netns exec ${this.#network}`;
    const join = typeof this.#pids === "number" ? `nsenter --pid=/proc/${this.#pids}/ns/pid` : "";
    const own = this.#pids === "own" ? "--pid --fork" : "";
    const script = `echo 0 > ${this.#cgroup}/cgroup.procs && exec ${enter} ${join} unshare ${own} --mount --root=${this.root} "$@"`;
    const child = spawn("sh", ["-c", script, "sh", ...command], { stdio: ["pipe", "pipe", "ignore"] });
    this.#running.add(child);
    child.once("close", () => this.#running.delete(child));
    return child;
  }

  #makeRoot(programs: readonly string[]): void {
    const bin = this.#directory.at("lower", "bin");
    mkdirSync(bin, { recursive: true });
    for (const name of ["upper", "work", "root"]) mkdirSync(this.#directory.at(name));
    for (const name of ["dev", "shm", "proc", "tmp"]) mkdirSync(this.#directory.at("lower", name));
    copyFileSync(busyboxPath(), path.join(bin, "busybox"));
    for (const name of ["sh", "touch", "cp", "true", "cat", "sleep", "id"]) symlinkSync("busybox", path.join(bin, name));
    for (const program of programs) copyFileSync(program, path.join(bin, path.basename(program)));
    const layers = [
      `lowerdir=${this.#directory.at("lower")}`,
      `upperdir=${this.#directory.at("upper")}`,
      `workdir=${this.#directory.at("work")}`,
    ];
    succeed("mount", ["-t", "overlay", "overlay", "-o", layers.join(","), this.root]);
  }
}

/** Lines to a process and back. */
export class Conversation {
  readonly #child: CellProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(child: CellProcess) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  async hear(): Promise<string | undefined> {
    const { value, done } = await this.#lines.next();
    return done === true ? undefined : value;
  }

  async say(line: string): Promise<string | undefined> {
    this.#child.stdin.write(`${line}\n`);
    return this.hear();
  }

  async end(): Promise<void> {
    const closed = this.#child.exitCode === null && this.#child.signalCode === null ? once(this.#child, "close") : [];
    this.#child.stdin.end();
    this.#child.kill("SIGKILL");
    await closed;
  }
}

/** Where the hierarchy of version 2 is mounted. */
function cgroupRoot(): string {
  const line = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .find((mount) => mount.split(" ")[2] === "cgroup2");
  const root = line?.split(" ")[1];
  if (root === undefined) throw new Error("this host has no control groups of version 2");
  return root;
}

function busyboxPath(): string {
  const found = ["/bin/busybox", "/usr/bin/busybox"].find((candidate) => existsSync(candidate));
  if (found === undefined) throw new Error("no busybox on this host");
  return found;
}
