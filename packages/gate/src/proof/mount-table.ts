import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import type { FileIdentity, FoundMount, HostMounts } from "../ports.ts";

/** O_PATH of asm-generic/fcntl.h, and those that Node names: opened is the place alone, whatever lies there. */
const O_PATH = 0o10000000;
const O_DIRECTORY = 0o200000;
const O_NOFOLLOW = 0o400000;
/** Of a container whose table is longer nothing is proved. */
const MAX_MOUNTS = 2048;

/** Whatever runs beside the engine has its root: the first process, and this one where it is in no container of its own. */
const HOST_PROCESSES = ["/proc/self", "/proc/1"];

/** A line of `mountinfo`; see proc_pid_mountinfo(5). */
interface TableLine {
  readonly id: string;
  readonly parent: string;
  /** Of the file system, as major and minor. */
  readonly device: string;
  /** What of the file system is mounted. */
  readonly root: string;
  readonly target: string;
  readonly readOnly: boolean;
  readonly shared: boolean;
}

/** The mounts of processes of this host, by what the kernel says of them. */
export const hostMounts: HostMounts = {
  identify(hostPath) {
    return withPlace(hostPath, O_PATH, (place, fd) => {
      // What the path led to by a link, or no longer leads to, is not what was judged by its name.
      if (readlinkSync(place) !== hostPath) return undefined;
      return identityOf(fd);
    });
  },
  mountsOf(pid, containerId) {
    return withPlace(`/proc/${pid}`, O_PATH | O_DIRECTORY, (proc) => {
      if (!isOf(proc, containerId)) return undefined;
      // What prepares a container sees the mounts of the host until it has entered the container's.
      const root = rootOf(proc);
      if (HOST_PROCESSES.some((host) => isSame(root, rootOf(host)))) return undefined;
      const lines = parseMountTable(readFileSync(`${proc}/mountinfo`, "utf8"));
      if (lines.length > MAX_MOUNTS) return undefined;
      const own = parseMountTable(readFileSync("/proc/self/mountinfo", "utf8"));
      return lines.filter(({ target }) => target !== "/").map((line) => foundOf(line, proc, own));
    });
  },
  processes() {
    return readdirSync("/proc").flatMap((name) => (/^\d+$/u.test(name) ? Number(name) : []));
  },
  endProcess(pid, containerId) {
    withPlace(`/proc/${pid}`, O_PATH | O_DIRECTORY, (proc) => {
      if (isOf(proc, containerId)) process.kill(pid, "SIGKILL");
    });
  },
};

/** Reads what the kernel tells of the mounts of a process. What is not in its form is left out. */
export function parseMountTable(text: string): readonly TableLine[] {
  return text.split("\n").flatMap((line) => {
    const [id, parent, device, root, target, options, ...rest] = line.split(" ");
    if (id === undefined || parent === undefined || device === undefined) return [];
    if (root === undefined || target === undefined || options === undefined) return [];
    return {
      id,
      parent,
      device,
      root: unescaped(root),
      target: unescaped(target),
      readOnly: options.split(",").includes("ro"),
      shared: rest.slice(0, rest.indexOf("-")).some((field) => field.startsWith("shared:")),
    };
  });
}

/** Where on the host, as this process sees it, a part of a file system lies; undefined where it is nowhere to be seen. */
export function hostPathOf(
  { device, root }: Pick<TableLine, "device" | "root">,
  own: readonly TableLine[],
): string | undefined {
  const holding = own.filter((mount) => mount.device === device && isWithin(root, mount.root));
  // The widest is what people know it by: a bind mount of a part of it is another name for that part.
  const [widest] = holding.toSorted((left, right) => left.root.length - right.root.length);
  if (widest === undefined) return undefined;
  return path.posix.join(widest.target, path.posix.relative(widest.root, root));
}

export function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(outer === "/" ? "/" : `${outer}/`);
}

/** The number of a process may have been given to another one; what was opened stays that of the first. */
function isOf(proc: string, containerId: string): boolean {
  return readFileSync(`${proc}/cgroup`, "latin1").includes(containerId);
}

function foundOf(line: TableLine, proc: string, own: readonly TableLine[]): FoundMount {
  const { target, readOnly, shared, device, root } = line;
  const hostPath = hostPathOf(line, own) ?? `${root} of device ${device}`;
  return { target, readOnly, shared, hostPath, identity: rootIdentity(line, proc) };
}

/**
 * What a mount begins with. The container can put another path in place of the one that leads there, but it cannot enter
 * the mount from its parent by a plain name anywhere but at its root.
 */
function rootIdentity({ id, parent, target }: TableLine, proc: string): FileIdentity | undefined {
  const above = `${proc}/root${path.posix.dirname(target)}`;
  return withPlace(above, O_PATH | O_DIRECTORY, (directory, directoryFd) => {
    if (mountIdOf(directoryFd) !== parent || parent === id) return undefined;
    const below = `${directory}/${path.posix.basename(target)}`;
    return withPlace(below, O_PATH | O_NOFOLLOW, (_, fd) =>
      mountIdOf(fd) === id ? identityOf(fd) : undefined,
    );
  });
}

/** Opens a place for as long as something is done with it; undefined where either fails. */
function withPlace<Result>(
  file: string,
  flags: number,
  use: (place: string, fd: number) => Result | undefined,
): Result | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(file, flags);
    return use(`/proc/self/fd/${fd}`, fd);
  } catch {
    // It has gone meanwhile, or may not be seen: whoever asks takes it for something else than what was judged.
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function mountIdOf(fd: number): string | undefined {
  return /^mnt_id:\s*(\d+)$/mu.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "latin1"))?.[1];
}

function identityOf(fd: number): FileIdentity {
  const stats = fstatSync(fd, { bigint: true });
  const { dev, ino, rdev } = stats;
  return { device: String(dev), inode: String(ino), ...(stats.isBlockDevice() && { holds: String(rdev) }) };
}

function rootOf(proc: string): FileIdentity | undefined {
  return withPlace(`${proc}/root`, O_PATH, (_, fd) => identityOf(fd));
}

function isSame(left: FileIdentity | undefined, right: FileIdentity | undefined): boolean {
  return left?.device === right?.device && left?.inode === right?.inode;
}

/** The kernel writes spaces, tabs, line feeds and backslashes in octal. */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/gu, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}
