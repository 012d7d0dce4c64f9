import { KiB, MiB } from "@pratique/core";

/** Bytes that may be unpacked for each byte of the file: archives in archives were packed once before. */
const RATIO = 16;
const BASE_BYTES = 64 * KiB;
/** Bytes of archives inside archives that are in memory at once. */
const MAX_HELD_BYTES = 96 * MiB;

/** Counts what unpacking one file costs, with all that it contains: a small one may hold more than any disk. */
export class UnpackBudget {
  #left: number;
  #held = 0;

  constructor(fileBytes: number) {
    this.#left = BASE_BYTES + RATIO * fileBytes;
  }

  /** Whether so many bytes more may be unpacked. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  /** Whether they may be held while what is in them is read. Then {@link release} must follow. */
  hold(bytes: number): boolean {
    if (this.#held + bytes > MAX_HELD_BYTES) return false;
    this.#held += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#held -= bytes;
  }
}
