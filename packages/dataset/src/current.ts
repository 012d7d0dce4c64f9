import { closeSync, constants, openSync, readSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { hasCode, KiB } from "@pratique/core";
import { syncPath } from "./sync-path.ts";
import { unfinishedPath } from "./unfinished.ts";

/** The name of the small file that says which data of a directory hold. */
const FILE_NAME = "current";

/**
 * Reads the pointer of a directory, or undefined where there is none. One of more than `maxBytes` bytes ends there, and
 * is for its parser to refuse. Throws what the file system throws.
 */
export function readCurrent(directory: string, maxBytes: number): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(join(directory, FILE_NAME), constants.O_RDONLY);
  } catch (thrown) {
    if (hasCode(thrown, "ENOENT")) return undefined;
    throw thrown;
  }
  try {
    return readStart(descriptor, maxBytes).toString("utf8");
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Replaces the pointer so that a reader, or a machine that stops half way, sees the old one or the new one. What it
 * names has to be flushed before. Throws what the file system throws, and leaves the old one then.
 */
export async function replaceCurrent(directory: string, text: string): Promise<void> {
  const temporary = unfinishedPath(directory, ".current");
  try {
    const file = await open(temporary, "wx", 0o644);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, join(directory, FILE_NAME));
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw thrown;
  }
  await syncPath(directory);
}

const CHUNK_BYTES = 64 * KiB;

function readStart(descriptor: number, maxBytes: number): Buffer {
  const chunks: Buffer[] = [];
  let size = 0;
  while (size < maxBytes) {
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, maxBytes - size));
    const read = readSync(descriptor, chunk);
    if (read === 0) break;
    chunks.push(chunk.subarray(0, read));
    size += read;
  }
  return Buffer.concat(chunks, size);
}
