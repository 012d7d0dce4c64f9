import { GiB, MiB } from "@pratique/core";

/** Bytes that all archives of one image may unpack to. */
const MAX_TOTAL_BYTES = 4 * GiB;
/** Bytes of archives inside archives that are in memory at once. */
const MAX_HELD_BYTES = 96 * MiB;

/** Counts what unpacking archives in archives costs: a small file may hold more than any disk. */
export class UnpackBudget {
  readonly #maxTotal: number;
  readonly #maxHeld: number;
  #total = 0;
  #held = 0;

  constructor({ maxTotalBytes = MAX_TOTAL_BYTES, maxHeldBytes = MAX_HELD_BYTES } = {}) {
    this.#maxTotal = maxTotalBytes;
    this.#maxHeld = maxHeldBytes;
  }

  /** Whether so many bytes more may be unpacked and held. Then {@link release} must follow. */
  take(bytes: number): boolean {
    if (this.#total + bytes > this.#maxTotal || this.#held + bytes > this.#maxHeld) return false;
    this.#total += bytes;
    this.#held += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#held -= bytes;
  }
}
