import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { KiB, MiB } from "@pratique/core";

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
 * Reads a file below the root of a process, by steps that follow no link: one that the container planted would lead
 * out into the host's files, since it is we who follow it. Undefined where there is no such file, or it cannot be read
 * safely.
 */
export async function readBelowRoot(
  pid: number,
  steps: readonly string[],
  { maxBytes = DEFAULT_MAX_BYTES, proc = "/proc" }: RootFileOptions = {},
): Promise<string | undefined> {
  try {
    await using mounts = await open(`${proc}/${pid}/mountinfo`, "r");
    const table = await readUpTo(mounts, MAX_MOUNTINFO_BYTES);
    if (table === undefined || hasUnboundedMount(table, steps)) return undefined;
    return await descend(`${proc}/${pid}/root`, steps, maxBytes);
  } catch {
    // The process ended, there is no such file, or a link lies in the way.
    return undefined;
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
      return await descend(layer, steps, maxBytes);
    } catch {
      // Not in this layer, or behind a link: the next one may have it.
    }
  }
  return undefined;
}

async function descend(
  root: string,
  steps: readonly string[],
  maxBytes: number,
): Promise<string | undefined> {
  // The last part of /proc/PID/root is a link by nature, and leads to the root of the process whatever it is called.
  let directory = await open(root, O_RDONLY | O_DIRECTORY);
  try {
    for (const step of steps.slice(0, -1)) {
      const next = await open(below(directory, step), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      await directory.close();
      directory = next;
    }
    const name = below(directory, steps.at(-1) ?? "");
    await using file = await open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    return await readUpTo(file, maxBytes);
  } finally {
    await directory.close();
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
