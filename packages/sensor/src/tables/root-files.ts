import { constants } from "node:fs";
import { type FileHandle, lstat, open, readlink } from "node:fs/promises";
import { hasCode, KiB, MiB } from "@pratique/core";

export interface RootFileOptions {
  readonly maxBytes?: number;
  /** Where the host's processes are told. */
  readonly proc?: string;
}

const DEFAULT_MAX_BYTES = 4 * MiB;
const MAX_MOUNTINFO_BYTES = 256 * KiB;
/** Docker takes no more. */
const MAX_LAYERS = 128;
const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;

/**
 * File systems whose answers come from a program or from another machine: whoever owns them can make a reader wait for
 * ever.
 */
const UNBOUNDED = /^(?:fuse|nfs|cifs|smb|9p|afs|ceph|virtiofs|autofs|overlay-fuse)/u;

/**
 * What became of a file that was asked for. `absent`: there is none that may be read, and the next process with that root has
 * none either. `unreachable`: the process has ended, or the host has no room to look.
 */
export type FileBelowRoot =
  | { readonly kind: "read"; readonly text: string }
  | { readonly kind: "absent" }
  | { readonly kind: "unreachable" };

const ABSENT: FileBelowRoot = { kind: "absent" };
/** What the system says of a file that is not there, and of a link in its place or in that of a directory. */
const ABSENCES = ["ENOENT", "ENOTDIR", "ELOOP"];

/**
 * Reads a file below the root of a process, by steps that follow no link: one that the container planted would lead
 * out into the host's files, since it is we who follow it. Never rejects.
 */
export async function readBelowRoot(
  pid: number,
  steps: readonly string[],
  { maxBytes = DEFAULT_MAX_BYTES, proc = "/proc" }: RootFileOptions = {},
): Promise<FileBelowRoot> {
  try {
    await using mounts = await open(`${proc}/${pid}/mountinfo`, "r");
    const table = await readUpTo(mounts, MAX_MOUNTINFO_BYTES);
    if (table === undefined || hasUnboundedMount(table, steps)) return ABSENT;
    const root = await openRoot(`${proc}/${pid}/root`);
    return await orAbsent(descend(root, steps, maxBytes));
  } catch {
    // Kept apart from what is absent, and asked for again.
    return { kind: "unreachable" };
  }
}

/** A file below the root of a process, by the path that leads to it through no link. */
export interface FoundFile {
  readonly path: string;
  /** Links that were given in its place, by such paths as well, the first first: `/usr/bin/npm`. */
  readonly links: readonly string[];
}

/** As the kernel has it: path_resolution(7). */
const MAX_LINKS = 40;
/** Each is looked at from the root anew. */
const MAX_STEPS = 128;

/**
 * Finds the file that a process means by an absolute path, by following its links ourselves, within its root. Undefined where
 * there is no such file, where the process has ended, and where a file system would have to answer that may keep us waiting.
 * Never rejects.
 */
export async function findBelowRoot(
  pid: number,
  path: string,
  { proc = "/proc" }: Pick<RootFileOptions, "proc"> = {},
): Promise<FoundFile | undefined> {
  try {
    await using mounts = await open(`${proc}/${pid}/mountinfo`, "r");
    const table = await readUpTo(mounts, MAX_MOUNTINFO_BYTES);
    return table === undefined ? undefined : await follow(`${proc}/${pid}/root`, path, table);
  } catch {
    // It is not there, or the process is not.
    return undefined;
  }
}

async function follow(root: string, path: string, mounts: string): Promise<FoundFile | undefined> {
  const links: string[] = [];
  let names: string[] = [];
  let ahead = stepsOf(path);
  let followed = 0;
  for (let looks = 0; looks < MAX_STEPS; ) {
    const step = ahead.shift();
    if (step === undefined) return undefined;
    if (step === "..") {
      names.pop();
      continue;
    }
    looks += 1;
    names.push(step);
    if (hasUnboundedMount(mounts, names)) return undefined;
    await using parent = await openParent(await openRoot(root), names);
    const stats = await lstat(below(parent, step));
    if (stats.isSymbolicLink()) {
      followed += 1;
      if (followed > MAX_LINKS) return undefined;
      if (ahead.length === 0) links.push(`/${names.join("/")}`);
      const target = await readlink(below(parent, step));
      names = target.startsWith("/") ? [] : names.slice(0, -1);
      ahead = [...stepsOf(target), ...ahead];
    } else if (!stats.isDirectory()) {
      return stats.isFile() && ahead.length === 0 ? { path: `/${names.join("/")}`, links } : undefined;
    }
  }
  return undefined;
}

function stepsOf(path: string): string[] {
  return path.split("/").filter((step) => step !== "" && step !== ".");
}

async function orAbsent(reading: Promise<string | undefined>): Promise<FileBelowRoot> {
  try {
    const text = await reading;
    return text === undefined ? ABSENT : { kind: "read", text };
  } catch (thrown) {
    if (hasCode(thrown, ...ABSENCES)) return ABSENT;
    throw thrown;
  }
}

/**
 * Reads a file of an image out of the directories of its layers, the uppermost first. What stands in place of a file
 * that a layer takes away is no file, and ends the search.
 */
export async function readFromLayers(
  layers: readonly string[],
  steps: readonly string[],
  maxBytes = DEFAULT_MAX_BYTES,
): Promise<string | undefined> {
  for (const layer of layers.slice(0, MAX_LAYERS)) {
    try {
      return await descend(await openRoot(layer), steps, maxBytes);
    } catch (thrown) {
      // Not in this layer, or behind a link: the next one may have it. One that cannot be read hides what lies below.
      if (!hasCode(thrown, ...ABSENCES)) return undefined;
    }
  }
  return undefined;
}

/** The last part of /proc/PID/root is a link by nature, and leads to the root of the process whatever it is called. */
function openRoot(root: string): Promise<FileHandle> {
  return open(root, O_RDONLY | O_DIRECTORY);
}

/**
 * Whether anything lies at a path below a directory, by steps that follow no link. A link in the way is something that was
 * put there, and so is what cannot be looked at.
 */
export async function liesBelow(directory: string, steps: readonly string[]): Promise<boolean> {
  try {
    const root = await open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    await using parent = await openParent(root, steps);
    await lstat(below(parent, steps.at(-1) ?? ""));
    return true;
  } catch (thrown) {
    return !hasCode(thrown, "ENOENT");
  }
}

/** Undefined where it is no file, or too long. Takes over the root. */
async function descend(
  root: FileHandle,
  steps: readonly string[],
  maxBytes: number,
): Promise<string | undefined> {
  await using parent = await openParent(root, steps);
  await using file = await open(below(parent, steps.at(-1) ?? ""), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  return await readUpTo(file, maxBytes);
}

/** The directory that the last step is in. Takes over the root; no more than two are open at a time. */
async function openParent(root: FileHandle, steps: readonly string[]): Promise<FileHandle> {
  let directory = root;
  try {
    for (const step of steps.slice(0, -1)) {
      const next = await open(below(directory, step), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      await directory.close();
      directory = next;
    }
    return directory;
  } catch (thrown) {
    await directory.close();
    throw thrown;
  }
}

function below(directory: FileHandle, name: string): string {
  return `/proc/self/fd/${directory.fd}/${name}`;
}

async function readUpTo(file: FileHandle, maxBytes: number): Promise<string | undefined> {
  const stats = await file.stat();
  if (!stats.isFile() || stats.size > maxBytes) return undefined;
  // Files of the kernel's own have no size.
  const bytes = Buffer.alloc(stats.size === 0 ? maxBytes : stats.size);
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.toString("utf8", 0, length);
}

/** proc(5), mountinfo: the fifth field is the place, the one after the lone hyphen the type. */
function hasUnboundedMount(table: string, steps: readonly string[]): boolean {
  const places = new Set(steps.map((_, index) => `/${steps.slice(0, index + 1).join("/")}`));
  for (const line of table.split("\n")) {
    const fields = line.split(" ");
    const place = fields[4] ?? "";
    const type = fields[fields.indexOf("-") + 1] ?? "";
    if ((place === "/" || places.has(place)) && UNBOUNDED.test(type)) return true;
  }
  return false;
}
