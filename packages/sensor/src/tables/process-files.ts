import { readFileSync, readlinkSync } from "node:fs";
import type { BootClock } from "../boot-clock.ts";
import { emptyFacts } from "./empty-facts.ts";
import type { ProcessState } from "./tracked-process.ts";

/** What /proc tells of a process that was not told in time. */
export interface ProcessFiles {
  read(pid: number): ProcessState | undefined;
  parentOf(pid: number): number | undefined;
}

/** USER_HZ, which is the same on every machine that we run on. */
const NS_PER_TICK = 1e7;

/**
 * Reads /proc. Its command line is left out on purpose: it lies in the memory of the process, and who backs that
 * memory by a file system of his own can make the reader wait for ever.
 */
export class ProcFiles implements ProcessFiles {
  readonly #clock: BootClock;
  readonly #root: string;

  constructor(clock: BootClock, root = "/proc") {
    this.#clock = clock;
    this.#root = root;
  }

  read(pid: number): ProcessState | undefined {
    const status = this.#status(pid);
    const stat = this.#text(pid, "stat");
    if (status === undefined || stat === undefined) return undefined;
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const startNs = Number(fields[19]) * NS_PER_TICK;
    const exePath = this.#link(pid, "exe");
    const cwd = this.#link(pid, "cwd");
    const ids = (name: string) => (status.get(name) ?? "").split("\t").map(Number);
    const capability = (name: string) => BigInt(`0x${status.get(name) ?? "0"}`);
    const [uid = 0, euid = 0] = ids("Uid");
    const [gid = 0, egid = 0] = ids("Gid");
    return {
      name: status.get("Name") ?? "",
      image: {
        exe: exePath,
        exePath,
        args: [],
        directory: cwd,
        environment: undefined,
        sinceNs: startNs,
      },
      cwd,
      startedAt: this.#clock.wallMs(startNs),
      facts: {
        ...emptyFacts(pid, startNs),
        uid,
        euid,
        gid,
        egid,
        loginuid: Number(this.#text(pid, "loginuid") ?? -1) | 0,
        pgid: Number(fields[2]),
        sid: Number(fields[3]),
        tty: Number(fields[4]),
        vpid: ids("NSpid").at(-1) ?? pid,
        vtid: ids("NSpid").at(-1) ?? pid,
        vpgid: ids("NSpgid").at(-1) ?? 0,
        vsid: ids("NSsid").at(-1) ?? 0,
        capPermitted: capability("CapPrm"),
        capEffective: capability("CapEff"),
        capInheritable: capability("CapInh"),
      },
    };
  }

  parentOf(pid: number): number | undefined {
    const ppid = this.#status(pid)?.get("PPid");
    return ppid === undefined ? undefined : Number(ppid);
  }

  #status(pid: number): ReadonlyMap<string, string> | undefined {
    const text = this.#text(pid, "status");
    if (text === undefined) return undefined;
    return new Map(text.split("\n").map((line) => cutAtColon(line)));
  }

  #text(pid: number, name: string): string | undefined {
    try {
      return readFileSync(`${this.#root}/${pid}/${name}`, "utf8");
    } catch {
      // It ended in the meantime.
      return undefined;
    }
  }

  #link(pid: number, name: string): string {
    try {
      // A file that was removed has this at its end here, and nowhere else.
      return readlinkSync(`${this.#root}/${pid}/${name}`).replace(/ \(deleted\)$/u, "");
    } catch {
      // It ended in the meantime, or is a thread of the kernel.
      return "";
    }
  }
}

function cutAtColon(line: string): readonly [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}
