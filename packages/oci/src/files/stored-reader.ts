import { readSync } from "node:fs";
import { KiB, PROGRAM_HEAD_BYTES } from "@pratique/core";

const CHUNK = 256 * KiB;
/** What a file is can be told from its first bytes; a short one is read at once. */
const SHORT = 64 * KiB;

/** A file on disk, or one that lies in another. */
export interface StoredPart {
  /** Open, and left open. */
  readonly fd: number;
  /** Where it begins in the open file, in bytes. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
}

/** Whoever is given a file from its start, past what need not be seen. */
interface PassingVisitor {
  /** How many of the next bytes may be passed over; infinite where all has been seen. */
  readonly passable: number;
  /** The next bytes; valid only during the call. */
  write(bytes: Uint8Array): void;
  /** So many bytes were passed over. */
  skip(bytes: number): void;
}

/** Reads parts of open files, one after another and in one buffer, past all that nobody asks for. */
export class StoredReader {
  #buffer: Uint8Array | undefined;

  /** Gives how many bytes were read. Throws what the disk says; ends where the file has become shorter. */
  read({ fd, offset, size }: StoredPart, visitor: PassingVisitor): number {
    this.#buffer ??= new Uint8Array(CHUNK);
    let readBytes = 0;
    let length = size <= SHORT ? size : PROGRAM_HEAD_BYTES;
    for (let at = 0; at < size; ) {
      const count = readSync(fd, this.#buffer, 0, Math.min(length, size - at), offset + at);
      if (count === 0) break;
      readBytes += count;
      at += count;
      visitor.write(this.#buffer.subarray(0, count));
      const passable = Math.min(visitor.passable, size - at);
      visitor.skip(passable);
      at += passable;
      length = CHUNK;
    }
    return readBytes;
  }
}
