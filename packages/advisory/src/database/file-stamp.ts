import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { crc32 } from "node:zlib";
import { MiB } from "@pratique/core";
import { AdvisoryError } from "../errors.ts";

/** How a database file was when it was built. */
export interface FileStamp {
  /** CRC-32 of the whole file, eight hexadecimal digits. */
  readonly checksum: string;
  readonly bytes: number;
  /** Whole milliseconds since 1970. */
  readonly modifiedMs: number;
}

/** Reads a file from end to end. */
export function stampOf(path: string): FileStamp {
  const descriptor = openSync(path, "r");
  try {
    const { size, mtimeMs } = fstatSync(descriptor);
    return { checksum: checksumOfFile(descriptor), bytes: size, modifiedMs: Math.trunc(mtimeMs) };
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Makes sure that a file is what it was when it was built. Rows check themselves, but a changed key only makes a row
 * vanish, and a missing advisory looks like good news. A file that nobody has touched is not read; one that was
 * touched, or copied, is read whole. Throws `DATABASE_CORRUPT`.
 */
export function checkStamp(path: string, { checksum, bytes, modifiedMs }: FileStamp): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.size === bytes && Math.trunc(stat.mtimeMs) === modifiedMs) return;
  if (stat?.size === bytes && stampOf(path).checksum === checksum) return;
  const found = stat === undefined ? "is missing" : "has changed since it was built";
  throw new AdvisoryError("DATABASE_CORRUPT", `advisory database ${JSON.stringify(path)} ${found}`);
}

function checksumOfFile(descriptor: number): string {
  const chunk = Buffer.allocUnsafe(MiB);
  let sum = 0;
  for (;;) {
    const read = readSync(descriptor, chunk);
    if (read === 0) return sum.toString(16).padStart(8, "0");
    sum = crc32(chunk.subarray(0, read), sum);
  }
}
