import { createReadStream, readFileSync, readlinkSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { hasCode } from "@pratique/core";
import { ResponseError } from "../errors.ts";
import type { ContainerReference, FlowTarget, KernelView, Peers } from "../ports.ts";
import { addressKey, isLoopback } from "./address-key.ts";
import { containerGroup } from "./cgroup-paths.ts";
import { isTrackedLive, parseConntrackLine, type TrackedConnection } from "./conntrack.ts";
import { type FlowSocket, parseSocketTable, socketTables } from "./socket-table.ts";

/** After so many processes others get their turn. */
const PROCESSES_AT_ONCE = 200;
const MAX_TRACKED_LINES = 2_000_000;
/** What the kernel says of a process that has ended, or of a descriptor that was closed, while it is looked at. */
const ENDED = ["ENOENT", "ENOTDIR", "ESRCH"];
const MAX_DESCRIPTORS = 100_000;

/** The kernel's tables as `/proc` and `/sys/fs/cgroup` show them to root of the host. */
export class ProcKernel implements KernelView {
  readonly #proc: string;
  readonly #cgroups: string;

  constructor({ proc = "/proc", cgroups = "/sys/fs/cgroup" } = {}) {
    this.#proc = proc;
    this.#cgroups = cgroups;
  }

  async sockets({ container, pid }: FlowTarget, signal: AbortSignal): Promise<readonly FlowSocket[]> {
    const found = await this.networkSockets(pid, signal);
    const processes = await this.processes(container, signal);
    if (await this.#aloneInNetwork(pid, new Set(processes), signal)) return found;
    const held = await this.socketsHeldBy(processes, signal);
    return found.filter(({ inode }) => held.has(inode));
  }

  /** All sockets of the network that a process is in, whosever they are. Rejects with `FLOWS_UNREADABLE`. */
  async networkSockets(pid: number, signal: AbortSignal): Promise<readonly FlowSocket[]> {
    const found: FlowSocket[] = [];
    for (const table of socketTables) {
      const text = await this.#table(`${pid}/net/${table}`, signal);
      if (text !== undefined) found.push(...parseSocketTable(table, text));
    }
    return found;
  }

  /** The network namespace of a process, as the kernel names it; undefined once the process has ended. */
  networkOf(pid: number | "1"): string | undefined {
    return this.#link(`${pid}/ns/net`);
  }

  /** Inodes of the sockets that processes have open. Rejects with `FLOWS_UNREADABLE` where they are too many. */
  async socketsHeldBy(processes: readonly number[], signal: AbortSignal): Promise<ReadonlySet<number>> {
    const held = new Set<number>();
    let looked = 0;
    for (const pid of processes) {
      signal.throwIfAborted();
      const directory = `${this.#proc}/${pid}/fd`;
      const names = await readdir(directory).catch((thrown: unknown) => orEnded(thrown, directory) ?? []);
      for (const name of names) {
        looked += 1;
        if (looked > MAX_DESCRIPTORS) {
          throw new ResponseError("FLOWS_UNREADABLE", `more than ${MAX_DESCRIPTORS} open descriptors`);
        }
        const inode = /^socket:\[(?<inode>\d+)\]$/u.exec(this.#link(`${pid}/fd/${name}`) ?? "")?.groups
          ?.inode;
        if (inode !== undefined) held.add(Number(inode));
      }
    }
    return held;
  }

  async tracked(target: FlowTarget, peers: Peers, signal: AbortSignal): Promise<number | undefined> {
    // Connections of a network that is the host's own cannot be told from the host's.
    const network = this.networkOf(target.pid);
    if (network === undefined || network === this.networkOf("1")) return undefined;
    const own = await this.#ownAddresses(target.pid);
    const wanted = peers === "all" ? undefined : new Set(peers.map(addressKey));
    const tables = [`${this.#proc}/1/net/nf_conntrack`, `${this.#proc}/${target.pid}/net/nf_conntrack`];
    let seen: number | undefined;
    for (const table of tables) {
      const count = await countTracked(table, (each) => concerns(each, own, wanted), signal);
      if (count !== undefined) seen = (seen ?? 0) + count;
    }
    return seen;
  }

  async processes(container: ContainerReference, signal: AbortSignal): Promise<readonly number[]> {
    const found: number[] = [];
    for await (const pid of this.#everyProcess(signal)) {
      const groups = this.#text(`${pid}/cgroup`) ?? "";
      if (groups.split("\n").some((line) => containerGroup(line, container.id) !== undefined))
        found.push(pid);
    }
    return found;
  }

  async frozen(pid: number): Promise<boolean | undefined> {
    let seen: boolean | undefined;
    for (const line of (this.#text(`${pid}/cgroup`) ?? "").split("\n")) {
      for (const file of freezerFiles(line)) {
        // One of several places where it may lie; where it cannot be read, it is not known whether it is frozen.
        const text = await readFile(`${this.#cgroups}/${file}`, "utf8").catch(() => undefined);
        if (text === undefined) continue;
        seen = /^FROZEN$|^frozen 1$/mu.test(text) || seen === true;
      }
    }
    return seen;
  }

  /** No process from elsewhere is in the same network namespace: whatever is in it is the container's. */
  async #aloneInNetwork(pid: number, own: ReadonlySet<number>, signal: AbortSignal): Promise<boolean> {
    const network = this.networkOf(pid);
    if (network === undefined || network === this.networkOf("1")) return false;
    for await (const other of this.#everyProcess(signal)) {
      if (!own.has(other) && this.networkOf(other) === network) return false;
    }
    return true;
  }

  async *#everyProcess(signal: AbortSignal): AsyncGenerator<number, void, undefined> {
    const names = await readdir(this.#proc);
    for (const [place, name] of names.filter((each) => /^\d+$/u.test(each)).entries()) {
      signal.throwIfAborted();
      if (place % PROCESSES_AT_ONCE === PROCESSES_AT_ONCE - 1) await new Promise(setImmediate);
      yield Number(name);
    }
  }

  /** Addresses of the container's network, loopback left out. */
  async #ownAddresses(pid: number): Promise<ReadonlySet<string>> {
    const own = new Set<string>();
    const trie = (await this.#table(`${pid}/net/fib_trie`)) ?? "";
    for (const { groups } of trie.matchAll(/\|-- (?<address>[\d.]+)\n\s+\/32 host LOCAL/gu)) {
      const key = isLoopback(groups?.address ?? "") ? undefined : addressKey(groups?.address ?? "");
      if (key !== undefined) own.add(key);
    }
    const six = (await this.#table(`${pid}/net/if_inet6`)) ?? "";
    for (const { groups } of six.matchAll(/^(?<address>[0-9a-f]{32}) /gmu)) {
      if (groups?.address !== undefined && !groups.address.startsWith("0000000")) own.add(groups.address);
    }
    return own;
  }

  /** Undefined where the kernel has no such table. */
  async #table(name: string, signal?: AbortSignal): Promise<string | undefined> {
    try {
      return await readFile(`${this.#proc}/${name}`, { encoding: "utf8", signal });
    } catch (cause) {
      if (isMissing(cause) && this.#text(name.replace(/\/.*$/u, "/comm")) !== undefined) return undefined;
      throw new ResponseError("FLOWS_UNREADABLE", `expected to read ${this.#proc}/${name}`, { cause });
    }
  }

  /**
   * Undefined once the process has ended. Read at once: these files are the kernel's, and waiting for each would cost more
   * than reading it.
   */
  #text(name: string): string | undefined {
    const file = `${this.#proc}/${name}`;
    try {
      return readFileSync(file, "utf8");
    } catch (thrown) {
      return orEnded(thrown, file);
    }
  }

  /** Undefined also where it is not for us to see, as of a first process with more rights than ours. */
  #link(name: string): string | undefined {
    const file = `${this.#proc}/${name}`;
    try {
      return readlinkSync(file);
    } catch (thrown) {
      return hasCode(thrown, "EACCES", "EPERM") ? undefined : orEnded(thrown, file);
    }
  }
}

/**
 * Nothing is known of a process that has ended. Whatever else kept it from being read, want of file descriptors for one, is
 * no sign that it did: who took it for one would report as dead what lives.
 */
function orEnded(cause: unknown, file: string): undefined {
  if (hasCode(cause, ...ENDED)) return undefined;
  throw new ResponseError("FLOWS_UNREADABLE", `expected to read ${file}`, { cause });
}

/** Below `/sys/fs/cgroup`, by a line `ID:CONTROLLERS:PATH`; the second hierarchy may be mounted in either place. */
function freezerFiles(line: string): readonly string[] {
  const [number = "", controllers = "", ...rest] = line.split(":");
  const path = rest.join(":");
  if (path.split("/").includes("..")) return [];
  if (controllers.split(",").includes("freezer")) return [`freezer${path}/freezer.state`];
  return number === "0" && controllers === ""
    ? [`${path}/cgroup.events`, `unified${path}/cgroup.events`]
    : [];
}

function concerns(
  { addresses }: TrackedConnection,
  own: ReadonlySet<string>,
  wanted: ReadonlySet<string | undefined> | undefined,
): boolean {
  const far = [...addresses].filter((address) => !own.has(address));
  if (far.length === addresses.size) return false;
  return wanted === undefined ? far.length > 0 : far.some((address) => wanted.has(address));
}

async function countTracked(
  file: string,
  counts: (connection: TrackedConnection) => boolean,
  signal: AbortSignal,
): Promise<number | undefined> {
  let count = 0;
  let lines = 0;
  try {
    for await (const line of createInterface({ input: createReadStream(file, { signal }) })) {
      lines += 1;
      if (lines > MAX_TRACKED_LINES) {
        throw new ResponseError("FLOWS_UNREADABLE", `more than ${MAX_TRACKED_LINES} connections in ${file}`);
      }
      const connection = parseConntrackLine(line);
      if (connection !== undefined && isTrackedLive(connection) && counts(connection)) count += 1;
    }
    return count;
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    if (cause instanceof ResponseError) throw cause;
    throw new ResponseError("FLOWS_UNREADABLE", `expected to read ${file}`, { cause });
  }
}

function isMissing(thrown: unknown): boolean {
  return hasCode(thrown, "ENOENT", "ENOTDIR");
}
