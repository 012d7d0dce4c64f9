import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { AuditError, parseCheckpoint, type TreeStorage } from "@pratique/audit";
import { hasCode, messageOf } from "@pratique/core";
import { replaceFile } from "./replace-file.ts";

/**
 * A storage whose last checkpoint is kept in a file as well. Whoever sets the database back to an earlier state, or
 * begins it anew, does not set back the file: the log then refuses to go on (`LOG_ROLLED_BACK`).
 */
export function pinStorage(storage: TreeStorage, { file, origin }: PinOptions): TreeStorage {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  let pinned = readPinned(file, origin);
  return {
    head: () => storage.head(),
    extend: (expectedSize, growth) => storage.extend(expectedSize, growth),
    entries: (from, to) => storage.entries(from, to),
    tile: (level, index) => storage.tile(level, index),
    openings: (index) => storage.openings(index),
    eraseOpenings: (index) => storage.eraseOpenings(index),
    async putCheckpoint(checkpoint) {
      await storage.putCheckpoint(checkpoint);
      if (pinned !== undefined && sizeOf(pinned) > sizeOf(checkpoint)) return;
      await keep(file, checkpoint);
      pinned = checkpoint;
    },
    async checkpoint() {
      const kept = await storage.checkpoint();
      if (pinned === undefined || (kept !== undefined && sizeOf(kept) >= sizeOf(pinned))) return kept;
      return pinned;
    },
  };
}

export interface PinOptions {
  readonly file: string;
  readonly origin: string;
}

function readPinned(file: string, origin: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (thrown) {
    if (hasCode(thrown, "ENOENT")) return undefined;
    throw new AuditError("LOG_UNREADABLE", `the kept checkpoint cannot be read: ${messageOf(thrown)}`, {
      cause: thrown,
    });
  }
  const known = parseCheckpoint(text).origin;
  if (known !== origin) {
    throw new AuditError(
      "LOG_ROLLED_BACK",
      `the log was ${JSON.stringify(known)}, and the database now holds ${JSON.stringify(origin)}`,
    );
  }
  return text;
}

/** While the disk takes its time, the server answers others. */
async function keep(file: string, checkpoint: string): Promise<void> {
  try {
    await replaceFile(file, Buffer.from(checkpoint, "utf8"));
  } catch (cause) {
    throw new AuditError("LOG_UNWRITABLE", `the checkpoint cannot be kept: ${messageOf(cause)}`, { cause });
  }
}

function sizeOf(checkpoint: string): number {
  return parseCheckpoint(checkpoint).size;
}
