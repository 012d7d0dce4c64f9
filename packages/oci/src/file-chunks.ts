import { closeSync, fstatSync, read } from "node:fs";
import { OciError } from "./errors.ts";
import { openInside } from "./safe-open.ts";

/** Large enough to make the way through the thread pool cheap, small enough for caches. */
const CHUNK = 512 * 1024;

export interface FilePart {
  /** Where the part begins, in bytes from the start of the file. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
}

/** One that is being read, and two that the consumer may still use. */
const BUFFERS = 3;

/**
 * Reads a part of a file, one chunk ahead of its consumer. The memory of a chunk is used anew when two more have been
 * asked for. Throws `IMAGE_UNREADABLE` where the file ends early.
 */
export async function* fileChunks(
  fd: number,
  { offset, size }: FilePart,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  const end = offset + size;
  const buffers = Array.from({ length: BUFFERS }, () => Buffer.allocUnsafeSlow(Math.min(CHUNK, size)));
  const readNext = (at: number): Promise<Uint8Array> => {
    const [buffer = Buffer.alloc(0)] = buffers.splice(0, 1);
    buffers.push(buffer);
    return readChunk(fd, buffer.subarray(0, end - at), at);
  };
  let next = readNext(offset);
  for (let at = offset; at < end; ) {
    signal.throwIfAborted();
    const chunk = await next;
    at += chunk.length;
    next = readNext(at);
    // The consumer may stop here; an error of a chunk that nobody waits for must not end the process.
    next.catch(() => undefined);
    yield chunk;
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

async function readChunk(fd: number, buffer: Buffer, at: number): Promise<Uint8Array> {
  if (buffer.length === 0) return buffer;
  const bytesRead = await readAt(fd, buffer, at);
  if (bytesRead === 0) throw new OciError("IMAGE_UNREADABLE", `the file ends early, at ${at} bytes`);
  return buffer.subarray(0, bytesRead);
}

function readAt(fd: number, buffer: Buffer, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, buffer, 0, buffer.length, position, (error, bytesRead) => {
      if (error === null) resolve(bytesRead);
      else
        reject(
          new OciError("IMAGE_UNREADABLE", `the file cannot be read: ${error.message}`, { cause: error }),
        );
    });
  });
}
