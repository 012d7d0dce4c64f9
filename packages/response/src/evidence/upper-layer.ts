import { createHash } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { type FileHandle, lstat, open, opendir } from "node:fs/promises";
import path from "node:path";
import { MiB, messageOf } from "@pratique/core";

const MAX_ENTRIES = 50_000;
const MAX_DEPTH = 64;
const MAX_HASHED_BYTES = 16 * MiB;

/**
 * Lists what a container wrote over its image, with hashes of files of ordinary size. Links are told and never
 * followed: whoever wrote them would like us to.
 */
export async function* listUpperLayer(
  directory: string,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  let entries = 0;
  const waiting: { readonly at: string; readonly depth: number }[] = [{ at: "", depth: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for await (const entry of await opendir(path.join(directory, next.at))) {
      signal.throwIfAborted();
      entries += 1;
      if (entries > MAX_ENTRIES) throw new Error(`only ${MAX_ENTRIES} entries`);
      const name = `${next.at}/${entry.name}`;
      yield `${JSON.stringify({ path: name, ...(await describe(path.join(directory, name), signal)) })}\n`;
      if (entry.isDirectory() && next.depth < MAX_DEPTH) waiting.push({ at: name, depth: next.depth + 1 });
    }
  }
}

async function describe(file: string, signal: AbortSignal): Promise<object> {
  try {
    const facts = await lstat(file);
    const { mode, uid, gid, size, mtimeMs } = facts;
    const shown = { mode: mode.toString(8), uid, gid, size, mtimeMs: Math.round(mtimeMs) };
    if (!facts.isFile() || size > MAX_HASHED_BYTES) return shown;
    return { ...shown, sha256: await hashOf(file, signal) };
  } catch (thrown) {
    signal.throwIfAborted();
    return { unread: messageOf(thrown) };
  }
}

async function hashOf(file: string, signal: AbortSignal): Promise<string> {
  // It may have become a link or a pipe since it was looked at.
  const handle: FileHandle = await open(
    file,
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  );
  const hash = createHash("sha256");
  try {
    const stream = createReadStream(file, { fd: handle, autoClose: false, signal, end: MAX_HASHED_BYTES });
    for await (const chunk of stream) hash.update(chunk);
    return hash.digest("hex");
  } finally {
    await handle.close();
  }
}
