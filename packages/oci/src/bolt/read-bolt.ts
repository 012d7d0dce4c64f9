import { closeSync } from "node:fs";
import { messageOf } from "@pratique/core";
import { OciError } from "../errors.ts";
import { openInside } from "../files/safe-open.ts";
import { BoltBucket } from "./bolt-bucket.ts";
import { damaged } from "./bolt-error.ts";
import { BoltPages } from "./bolt-pages.ts";
import { readMeta } from "./read-meta.ts";

/** Its owner may write while we read; a read takes milliseconds. */
const MAX_TRIES = 5;

/**
 * Looks into a bbolt database as its owner has it open: without its lock, which that holds for as long as it runs.
 *
 * A state that a change replaces stays as it is until the change after that: what was read is of one state where the
 * transaction is the same afterwards, and is read again where it is not. `look` may hence be called several times.
 * The path's directory must have been resolved by `realpath`. Throws `STORE_DAMAGED`, `LIMIT_REACHED`, and
 * `SOURCE_UNAVAILABLE` where the file cannot be opened.
 */
export function readBolt<Result>(path: string, look: (root: BoltBucket) => Result): Result {
  const fd = openDatabase(path);
  try {
    for (let count = 1; count <= MAX_TRIES; count += 1) {
      const result = tryOnce(fd, look);
      if (result !== undefined) return result.value;
    }
  } finally {
    closeSync(fd);
  }
  throw new OciError("SOURCE_UNAVAILABLE", `${JSON.stringify(path)} changes faster than it can be read`);
}

function tryOnce<Result>(
  fd: number,
  look: (root: BoltBucket) => Result,
): { readonly value: Result } | undefined {
  const meta = readMeta(fd);
  const isSame = (): boolean => readMeta(fd).transaction === meta.transaction;
  try {
    const pages = new BoltPages(fd, meta);
    const value = look(new BoltBucket(pages, pages.page(meta.root)));
    return isSame() ? { value } : undefined;
  } catch (thrown) {
    // Pages that were written over in the meantime look damaged.
    if (!isSame()) return undefined;
    throw thrown instanceof OciError ? thrown : damaged(messageOf(thrown), thrown);
  }
}

function openDatabase(path: string): number {
  try {
    return openInside(path, "file");
  } catch (cause) {
    if (cause instanceof OciError) throw cause;
    throw new OciError(
      "SOURCE_UNAVAILABLE",
      `${JSON.stringify(path)} cannot be opened: ${messageOf(cause)}`,
      { cause },
    );
  }
}
