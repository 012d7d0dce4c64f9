import { readSync } from "node:fs";
import { ArchiveError } from "./errors.ts";

/** Bytes that can be read anywhere. Reading is synchronous: a local file answers faster than a thread pool. */
export interface ByteSource {
  /** Bytes. */
  readonly size: number;
  /** Up to `length` bytes from `offset`, fewer only at the end; valid until the next call. */
  read(offset: number, length: number): Uint8Array;
}

/** Bytes that are held in memory. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return { size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) };
}

export interface FileSourceOptions {
  /** An open file descriptor; the caller closes it. */
  readonly fd: number;
  /** Bytes of the file, or of the part that counts. */
  readonly size: number;
  /** Where the part begins. */
  readonly offset?: number;
  /** Bytes that are read at least, to serve reads that follow one another; 0 for none. */
  readonly readAheadBytes?: number;
}

const DEFAULT_READ_AHEAD = 64 * 1024;

/** A file, or a part of one. Throws `ARCHIVE_TRUNCATED` where the file has become shorter than `size`. */
export function fileSource(options: FileSourceOptions): ByteSource {
  const { fd, size, offset: base = 0, readAheadBytes = DEFAULT_READ_AHEAD } = options;
  let buffer = new Uint8Array(readAheadBytes);
  let start = 0;
  let end = 0;
  return {
    size,
    read(offset, length) {
      const wanted = Math.max(0, Math.min(length, size - offset));
      if (offset >= start && offset + wanted <= end) {
        return buffer.subarray(offset - start, offset - start + wanted);
      }
      const ahead = Math.min(Math.max(wanted, readAheadBytes), size - offset);
      if (ahead > buffer.length) buffer = new Uint8Array(ahead);
      fill(fd, buffer.subarray(0, ahead), base + offset);
      start = offset;
      end = offset + ahead;
      return buffer.subarray(0, wanted);
    },
  };
}

function fill(fd: number, buffer: Uint8Array, position: number): void {
  for (let at = 0; at < buffer.length; ) {
    const count = readSync(fd, buffer, at, buffer.length - at, position + at);
    if (count === 0) {
      throw new ArchiveError("ARCHIVE_TRUNCATED", `the file ends early, at ${position + at} bytes`);
    }
    at += count;
  }
}
