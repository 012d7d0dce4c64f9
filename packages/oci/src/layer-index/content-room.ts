import { KiB } from "@pratique/core";

/** What is longer has memory of its own. */
const MAX_SHARED_BYTES = KiB;
const FIRST_BYTES = 4 * KiB;
const MAX_BYTES = 64 * KiB;

/**
 * Room for the contents of files, side by side where they are small: memory of its own takes some three hundred bytes more than
 * is in it, and an image may have hundreds of thousands of such files. Rooms grow with what is asked of them.
 */
export class ContentRoom {
  #room = new Uint8Array();
  #used = 0;

  /** Zeros, which nobody else is given. */
  take(size: number): Uint8Array {
    if (size > MAX_SHARED_BYTES) return new Uint8Array(size);
    if (this.#used + size > this.#room.length) {
      this.#room = new Uint8Array(Math.min(MAX_BYTES, Math.max(FIRST_BYTES, this.#room.length * 2)));
      this.#used = 0;
    }
    this.#used += size;
    return this.#room.subarray(this.#used - size, this.#used);
  }
}
