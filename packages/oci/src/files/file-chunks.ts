import { closeSync, fstatSync, readSync } from "node:fs";
import { messageOf } from "@pratique/core";
import { OciError } from "../errors.ts";
import { openInside } from "./safe-open.ts";

/** Large enough to make a call cheap, small enough for caches. */
const CHUNK = 512 * 1024;

export interface FilePart {
  /** Where the part begins, in bytes from the start of the file. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
}

/** One that is being read, and one that the consumer may still use. */
const BUFFERS = 2;
/** Chunks after which other work gets its turn. */
const CHUNKS_PER_TURN = 32;

/**
 * Reads a part of a file. The memory of a chunk is used anew when two more have been asked for. Throws `IMAGE_UNREADABLE`
 * where the file ends early.
 *
 * It is read on the thread that asks: what unpacks the chunks has a thread already, and one more that reads would take
 * turns with these two where there are two processors. The system reads ahead by itself.
 */
export async function* fileChunks(
  fd: number,
  { offset, size }: FilePart,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  const end = offset + size;
  const buffers = Array.from({ length: BUFFERS }, () => Buffer.allocUnsafeSlow(Math.min(CHUNK, size)));
  for (let at = offset, turn = 1; at < end; turn += 1) {
    signal.throwIfAborted();
    const buffer = buffers[turn % BUFFERS] ?? Buffer.alloc(0);
    const bytesRead = readAt(fd, buffer.subarray(0, end - at), at);
    if (bytesRead === 0) throw new OciError("IMAGE_UNREADABLE", `the file ends early, at ${at} bytes`);
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
    if (turn % CHUNKS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Reads a file that has been found by walking; {@link openInside} says what is refused. */
export async function* diskChunks(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
  const fd = openInside(path, "file");
  try {
    const { size } = fstatSync(fd);
    yield* fileChunks(fd, { offset: 0, size }, signal);
  } finally {
    closeSync(fd);
  }
}

function readAt(fd: number, buffer: Buffer, position: number): number {
  try {
    return readSync(fd, buffer, 0, buffer.length, position);
  } catch (cause) {
    throw new OciError("IMAGE_UNREADABLE", `the file cannot be read: ${messageOf(cause)}`, { cause });
  }
}
