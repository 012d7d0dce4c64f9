import { closeSync, openSync, readSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { MiB } from "@pratique/core";

const MAX_LOG_BYTES = 4 * MiB;

/**
 * Has a log begin anew once it is longer than `maxBytes`; what it ended with is in one file beside it, `FILE.1`, in place of
 * what was there. Whoever writes the log goes on, as long as it was opened for appending. Throws what the file system throws.
 */
export function keepLogSmall(file: string, maxBytes = MAX_LOG_BYTES): void {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size <= maxBytes) return;
  writeFileSync(`${file}.1`, endOf(file, size, maxBytes), { mode: 0o600 });
  truncateSync(file);
}

function endOf(file: string, size: number, bytes: number): Uint8Array {
  const descriptor = openSync(file, "r");
  try {
    const end = Buffer.alloc(bytes);
    return end.subarray(0, readSync(descriptor, end, { position: size - bytes }));
  } finally {
    closeSync(descriptor);
  }
}
