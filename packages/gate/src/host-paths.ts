import { lstatSync, readlinkSync, type Stats, statfsSync } from "node:fs";
import path from "node:path";
import { GateError } from "./errors.ts";
import type { HostPaths } from "./ports.ts";

/** As many as the kernel follows. */
const MAX_LINKS = 40;
/** PROC_SUPER_MAGIC of linux/magic.h. */
const PROC_FILE_SYSTEM = 0x9fa0;
/** Each process finds itself there, and what lies below is otherwise the same for all. */
const OWN_PROCESS: ReadonlySet<string> = new Set(["self", "thread-self"]);

/** Resolves against the file system that this process sees: the gate runs beside the engine, on the host. */
export const hostPaths: HostPaths = {
  resolve(hostPath) {
    const clean = path.posix.normalize(hostPath);
    const whole = clean.length > 1 ? clean.replace(/\/$/u, "") : clean;
    return whole.startsWith("/") ? follow(whole) : whole;
  },
  isExchangeable(hostPath) {
    if (!hostPath.startsWith("/")) return true;
    let isTheirs = false;
    follow(path.posix.normalize(hostPath), (directory, entry) => {
      isTheirs ||= isLeftToOthers(directory, entry);
    });
    return isTheirs;
  },
  kind(hostPath) {
    const stats = statusOf(hostPath);
    return stats === undefined ? "nothing" : stats.isSymbolicLink() ? "symlink" : "other";
  },
};

/** Follows a path as the engine does. `onEntry` hears of each entry that is looked up, and of its directory. */
function follow(
  clean: string,
  onEntry: (directory: string, entry: string) => void = () => undefined,
): string {
  let at = "/";
  let links = 0;
  const names = clean.split("/");
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    const next = path.posix.join(at, name);
    const stats = name === ".." ? undefined : statusOf(next);
    if (next !== at && name !== "..") onEntry(at, next);
    if (name !== ".." && stats === undefined) {
      // The last part is not there, or not ours to see: the engine would make it in what is there.
      if (isInProc(at)) throw unreadable(clean);
      return path.posix.join(next, ...names);
    }
    if (stats?.isSymbolicLink() !== true) {
      at = next;
      continue;
    }
    const target = targetOf(next);
    if (isInProc(at)) {
      if (OWN_PROCESS.has(name)) {
        at = next;
        continue;
      }
      // `/proc/mounts` is `self/mounts`; the others lead where the process that looks has its directory, root or files.
      if (!target.startsWith("self/")) throw unreadable(clean);
    }
    links += 1;
    if (links > MAX_LINKS) return clean;
    if (target.startsWith("/")) at = "/";
    names.unshift(...target.split("/"));
  }
  return at;
}

const ROOT = 0;
const OTHERS_WRITE = 0o002;
const GROUP_WRITES = 0o020;
const STICKY = 0o1000;

/** Who may write to a directory may put something else under each name in it; where it is sticky, under names of their own. */
function isLeftToOthers(directory: string, entry: string): boolean {
  const stats = statusOf(directory);
  if (stats?.uid !== ROOT) return true;
  // Lists of access show what they allow at most where the group's rights are.
  const othersWrite =
    (stats.mode & OTHERS_WRITE) !== 0 || ((stats.mode & GROUP_WRITES) !== 0 && stats.gid !== ROOT);
  if (!othersWrite) return false;
  return (stats.mode & STICKY) === 0 || statusOf(entry)?.uid !== ROOT;
}

function statusOf(file: string): Stats | undefined {
  try {
    return lstatSync(file, { throwIfNoEntry: false });
  } catch {
    // No right to look, no directory, or a name that is too long.
    return undefined;
  }
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    // It was there a moment ago.
    return "";
  }
}

function isInProc(directory: string): boolean {
  try {
    return statfsSync(directory).type === PROC_FILE_SYSTEM;
  } catch {
    // It was there a moment ago. What cannot be told apart is refused.
    return true;
  }
}

function unreadable(hostPath: string): GateError {
  const shown = JSON.stringify(hostPath.slice(0, 200));
  return new GateError(
    "LAUNCH_UNREADABLE",
    `expected a path that leads every process to the same place, found ${shown}`,
  );
}
