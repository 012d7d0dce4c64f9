import { type Hash64, randomHash64 } from "./hash64.ts";

const FIRST_CAPACITY = 1024;

/**
 * A map from 64-bit hashes to small numbers, in typed arrays: a tenth of what a Map of millions of entries takes.
 * The hash that is zero in both halves stands for an empty place, and is never found.
 */
export class KeyTable {
  #highs = new Uint32Array(FIRST_CAPACITY);
  #lows = new Uint32Array(FIRST_CAPACITY);
  /** Absent where only the hashes are wanted. */
  #values: Uint32Array | undefined;
  #size = 0;
  /** Without a secret, a feed could name what falls on one place, and make each search a walk through all. */
  readonly #secret = randomHash64();

  constructor({ keysOnly = false } = {}) {
    this.#values = keysOnly ? undefined : new Uint32Array(FIRST_CAPACITY);
  }

  get size(): number {
    return this.#size;
  }

  get({ high, low }: Hash64): number | undefined {
    const at = this.#placeOf(high, low);
    if (this.#highs[at] === 0 && this.#lows[at] === 0) return undefined;
    return this.#values === undefined ? 0 : this.#values[at];
  }

  /** Puts a value in; says whether the hash is new. */
  set({ high, low }: Hash64, value = 0): boolean {
    const at = this.#placeOf(high, low);
    const isNew = this.#highs[at] === 0 && this.#lows[at] === 0;
    this.#highs[at] = high;
    this.#lows[at] = low;
    if (this.#values !== undefined) this.#values[at] = value;
    if (!isNew) return false;
    this.#size += 1;
    if (this.#size * 4 > this.#highs.length * 3) this.#grow();
    return true;
  }

  #placeOf(high: number, low: number): number {
    const mask = this.#highs.length - 1;
    let mixed =
      Math.imul(low ^ this.#secret.low, 0x9e37_79b1) ^ Math.imul(high ^ this.#secret.high, 0x85eb_ca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b_3c6d);
    let at = (mixed ^ (mixed >>> 13)) & mask;
    while (
      (this.#highs[at] !== high || this.#lows[at] !== low) &&
      (this.#highs[at] !== 0 || this.#lows[at] !== 0)
    ) {
      at = (at + 1) & mask;
    }
    return at;
  }

  #grow(): void {
    const [highs, lows, values] = [this.#highs, this.#lows, this.#values];
    this.#highs = new Uint32Array(highs.length * 2);
    this.#lows = new Uint32Array(highs.length * 2);
    this.#values = values === undefined ? undefined : new Uint32Array(highs.length * 2);
    for (let from = 0; from < highs.length; from += 1) {
      const high = highs[from] ?? 0;
      const low = lows[from] ?? 0;
      if (high === 0 && low === 0) continue;
      const at = this.#placeOf(high, low);
      this.#highs[at] = high;
      this.#lows[at] = low;
      if (this.#values !== undefined) this.#values[at] = values?.[from] ?? 0;
    }
  }
}
