import { createHash } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { type FileHandle, open, opendir, readlink } from "node:fs/promises";
import { MiB, messageOf } from "@pratique/core";

const MAX_ENTRIES = 50_000;
const MAX_DEPTH = 64;
const MAX_HASHED_BYTES = 16 * MiB;
/** Of Linux on every machine that we run on: names a file without opening it. Node does not have it. */
const O_PATH = 0o10_000_000;

interface Walk {
  readonly signal: AbortSignal;
  entries: number;
}

/**
 * Lists what a container wrote over its image, with hashes of files of ordinary size. The container may still run, and
 * exchange a file for a link or a device while we look: each name is pinned first, looked at, and opened through what
 * was pinned, one part of a path at a time.
 */
export async function* listUpperLayer(
  directory: string,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const root = await pin(directory);
  try {
    yield* listBelow(root, { at: "", depth: 0 }, { signal, entries: 0 });
  } finally {
    await root.close();
  }
}

async function* listBelow(
  pinned: FileHandle,
  { at, depth }: { readonly at: string; readonly depth: number },
  walk: Walk,
): AsyncGenerator<string, void, undefined> {
  for await (const { name } of await opendir(through(pinned))) {
    walk.signal.throwIfAborted();
    walk.entries += 1;
    if (walk.entries > MAX_ENTRIES) throw new Error(`only ${MAX_ENTRIES} entries`);
    yield* listEntry(pinned, { name, at: `${at}/${name}`, depth }, walk);
  }
}

async function* listEntry(
  pinned: FileHandle,
  { name, at, depth }: { readonly name: string; readonly at: string; readonly depth: number },
  walk: Walk,
): AsyncGenerator<string, void, undefined> {
  const file = `${through(pinned)}/${name}`;
  let entry: FileHandle;
  try {
    entry = await pin(file);
  } catch (thrown) {
    yield `${JSON.stringify({ path: at, unread: messageOf(thrown) })}\n`;
    return;
  }
  try {
    // Reading where a link leads opens nothing, whatever is there by now.
    const target = await readlink(file).catch(() => undefined);
    yield `${JSON.stringify({ path: at, ...(await describe(entry, walk.signal)), target })}\n`;
    if ((await entry.stat()).isDirectory() && depth < MAX_DEPTH) {
      yield* listBelow(entry, { at, depth: depth + 1 }, walk);
    }
  } finally {
    await entry.close();
  }
}

async function describe(entry: FileHandle, signal: AbortSignal): Promise<object> {
  const facts = await entry.stat();
  const { mode, uid, gid, size, rdev, mtimeMs } = facts;
  const shown = { mode: mode.toString(8), uid, gid, size, mtimeMs: Math.round(mtimeMs) };
  if (facts.isCharacterDevice() || facts.isBlockDevice()) return { ...shown, device: rdev };
  if (!facts.isFile() || size > MAX_HASHED_BYTES) return shown;
  try {
    return { ...shown, sha256: await hashOf(entry, signal) };
  } catch (thrown) {
    signal.throwIfAborted();
    return { ...shown, unread: messageOf(thrown) };
  }
}

async function hashOf(entry: FileHandle, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(through(entry), { signal, end: MAX_HASHED_BYTES }))
    hash.update(chunk);
  return hash.digest("hex");
}

async function pin(file: string): Promise<FileHandle> {
  return await open(file, O_PATH | constants.O_NOFOLLOW);
}

/** The kernel leads from here to the very file that is pinned, whatever has its name by now. */
function through({ fd }: FileHandle): string {
  return `/proc/self/fd/${fd}`;
}
