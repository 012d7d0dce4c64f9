import { type Dirent, readdirSync, readFileSync, statSync } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import { hasCode, MiB } from "@pratique/core";
import { z } from "zod";

/** What tells of a capture, beside its files. */
export const METADATA = "metadata.json";

/** When it was begun, whose it is, and of which detection: by name they are in the order of time. */
const NAME = /^\d{8}T\d{9}Z-(?<container>[\w.-]{1,12})-[\w-]{1,8}$/u;
const MAX_METADATA_BYTES = 4 * MiB;

export interface CaptureNameParts {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly containerId: string;
  /** A UUID. */
  readonly id: string;
}

export function captureName({ at, containerId, id }: CaptureNameParts): string {
  const time = new Date(at).toISOString().replaceAll(/[-:.]/gu, "");
  return `${time}-${shortOf(containerId)}-${id.slice(0, 8).replaceAll(/[^\w-]/gu, "_")}`;
}

/** Names of directories that may be made by whoever names containers; LXC's names may be anything. */
function shortOf(containerId: string): string {
  return containerId.slice(0, 12).replaceAll(/[^\w.-]/gu, "_") || "_";
}

export interface CaptureBounds {
  readonly maxCaptures: number;
  readonly maxBytes: number;
  /** Of one container. */
  readonly maxOfContainer: number;
}

/**
 * Makes room for one more capture of a container, of so many bytes: those of the container go first where it has too
 * many, and then the oldest of all. Gives how many went.
 */
export async function makeRoom(
  directory: string,
  containerId: string,
  { maxCaptures, maxBytes, maxOfContainer, wantedBytes }: CaptureBounds & { readonly wantedBytes: number },
): Promise<number> {
  const kept = await sizesIn(directory);
  let count = 0;
  const drop = async (name: string): Promise<void> => {
    await rm(path.join(directory, name), { recursive: true, force: true });
    kept.delete(name);
    count += 1;
  };
  const own = [...kept.keys()].filter((name) => NAME.exec(name)?.groups?.container === shortOf(containerId));
  for (const name of own.slice(0, Math.max(own.length - maxOfContainer + 1, 0))) await drop(name);
  for (const name of kept.keys()) {
    let bytes = 0;
    for (const each of kept.values()) bytes += each;
    if (kept.size < maxCaptures && bytes + wantedBytes <= maxBytes) break;
    await drop(name);
  }
  return count;
}

/** The captures by name, oldest first, with their bytes. Nothing else that lies there is looked at. */
async function sizesIn(directory: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  const names = await readdir(directory).catch(noneThere);
  for (const name of names.filter((each) => NAME.test(each)).toSorted()) {
    let bytes = 0;
    for (const file of await readdir(path.join(directory, name)).catch(noneThere)) {
      const found = await stat(path.join(directory, name, file)).catch(noneThere);
      bytes += "size" in found ? found.size : 0;
    }
    sizes.set(name, bytes);
  }
  return sizes;
}

/** What cannot be read is not gone: its bytes would not be counted, and nothing be dropped for what comes. */
function noneThere(thrown: unknown): readonly never[] {
  if (hasCode(thrown, "ENOENT")) return [];
  throw thrown;
}

const text = z.string();

const savedMetadata = z.object({
  savedAt: text,
  container: z.object({ id: text, name: text, image: text }),
  detections: z.array(z.object({ id: text, rule: text, priority: text, time: text })).min(1),
  packets: z.object({ kept: z.boolean(), leftOut: z.number() }),
  files: z.array(z.object({ name: text, bytes: z.number(), complete: z.boolean() })),
});

/** A capture that was saved, as its metadata tells of it. */
export interface SavedCapture extends z.output<typeof savedMetadata> {
  readonly directory: string;
}

/** What was saved, oldest first. `unreadable` are those of which nobody can tell more than their place. */
export interface SavedCaptures {
  readonly captures: readonly SavedCapture[];
  readonly unreadable: readonly string[];
}

/** Reads what was saved below a directory. Throws what the file system throws, but not where there is none yet. */
export function readSavedCaptures(root: string): SavedCaptures {
  const captures: SavedCapture[] = [];
  const unreadable: string[] = [];
  for (const { name } of directoriesIn(root)) {
    const directory = path.join(root, name);
    const found = readMetadata(path.join(directory, METADATA));
    if (found === undefined) unreadable.push(directory);
    else captures.push({ directory, ...found });
  }
  return { captures, unreadable };
}

function directoriesIn(root: string): readonly Dirent[] {
  if (statSync(root, { throwIfNoEntry: false }) === undefined) return [];
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && NAME.test(entry.name))
    .toSorted((left, right) => (left.name < right.name ? -1 : 1));
}

function readMetadata(file: string): z.output<typeof savedMetadata> | undefined {
  try {
    if (statSync(file).size > MAX_METADATA_BYTES) return undefined;
    return savedMetadata.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    // It is told as one that cannot be read.
    return undefined;
  }
}
