import { randomBytes } from "node:crypto";

/** A compact set of paths: seeded 53-bit hashes, eight bytes for each path, no strings. */
export interface PathHashes {
  readonly size: number;
  has(path: string): boolean;
  /** As {@link has}, for a path that has been hashed already. */
  hasHash(hash: number): boolean;
}

/** The running state of a path's hash; two halves of 32 bits. */
export interface HashState {
  readonly low: number;
  readonly high: number;
}

const TWO_32 = 0x1_0000_0000;
const TWENTY_ONE_BITS = 0x1fffff;
const SLASH = 0x2f;
/** In a table that is half full, a hash that nobody chose is found after one or two. */
const STEPS_EACH = 16;
const FREE_STEPS = 1000;
/** What a hasher takes from its source of random bytes. */
export const PATH_HASHER_KEY_BYTES = 258 * 4;

/**
 * Hashes paths with a secret key, so that nobody can make a file whose path has the hash of another one and
 * thereby hide it. Works on UTF-16 code units; bytes may be given one by one where they are ASCII.
 */
export class PathHasher {
  /** The secret: what each byte turns into. */
  readonly table: Int32Array;
  readonly start: HashState;

  constructor(random: (bytes: number) => Uint8Array = randomBytes) {
    const bytes = Uint8Array.from(random(PATH_HASHER_KEY_BYTES));
    const words = new Int32Array(bytes.buffer);
    this.table = words.subarray(0, 256);
    this.start = { low: words[256] ?? 0, high: words[257] ?? 0 };
  }

  hash(path: string): number {
    return combine(this.extend(this.start, path));
  }

  /** The hashes of all directories that a path lies in, the highest first, and last of the path itself. */
  hashesAlong(path: string): number[] {
    const hashes: number[] = [];
    let state = this.start;
    for (let start = 0; start < path.length; ) {
      const slash = path.indexOf("/", start + 1);
      const end = slash < 0 ? path.length : slash;
      state = this.extend(state, path, start, end);
      hashes.push(combine(state));
      start = end;
    }
    return hashes;
  }

  /** Goes on with more of the path, or with a part of it. */
  extend({ low, high }: HashState, text: string, start = 0, end = text.length): HashState {
    const { table } = this;
    for (let index = start; index < end; index += 1) {
      const unit = text.charCodeAt(index);
      if (unit > 0xff) {
        low = mixLow(low, table[unit >>> 8] ?? 0);
        high = mixHigh(high, table[unit >>> 8] ?? 0);
      }
      low = mixLow(low, table[unit & 0xff] ?? 0);
      high = mixHigh(high, table[unit & 0xff] ?? 0);
    }
    return { low, high };
  }

  /** The state after one more name below a directory; the root's state is {@link start}. */
  child(directory: HashState, name: string): HashState {
    return this.extend(directory === this.start ? directory : this.extend(directory, "/"), name);
  }
}

/** One step of the first half. */
export function mixLow(low: number, word: number): number {
  const mixed = Math.imul(low ^ word, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}

/** One step of the second half. */
export function mixHigh(high: number, word: number): number {
  const mixed = Math.imul(high ^ Math.imul(word, 0x2c1b3c6d), 0x85ebca6b);
  return mixed ^ (mixed >>> 13);
}

/** The hash of the path that led to the state; never 0. */
export function combine({ low, high }: HashState): number {
  return combineHalves(low, high);
}

/** As {@link combine}, for the hot loop that has no object to spare. */
export function combineHalves(low: number, high: number): number {
  return (high & TWENTY_ONE_BITS) * TWO_32 + (low >>> 0) || 1;
}

/** A growing set of hashes with open addressing. */
export class HashSet implements PathHashes {
  readonly #hasher: PathHasher;
  #slots = new Float64Array(64);
  #size = 0;

  constructor(hasher: PathHasher) {
    this.#hasher = hasher;
  }

  /**
   * The set of hashes that were made with the hasher. Undefined for what no hasher makes: other numbers, or so many that
   * fall on each other that they were chosen to keep whoever looks them up busy.
   */
  static of(hasher: PathHasher, hashes: Float64Array): HashSet | undefined {
    const set = new HashSet(hasher);
    while (hashes.length * 2 > set.#slots.length) set.#slots = new Float64Array(set.#slots.length * 2);
    const slots = set.#slots;
    const mask = slots.length - 1;
    let stepsLeft = FREE_STEPS + hashes.length * STEPS_EACH;
    for (const hash of hashes) {
      if (!Number.isSafeInteger(hash) || hash <= 0) return undefined;
      let slot = (hash % TWO_32) & mask;
      while (slots[slot] !== 0 && slots[slot] !== hash) {
        slot = (slot + 1) & mask;
        stepsLeft -= 1;
        if (stepsLeft < 0) return undefined;
      }
      if (slots[slot] === hash) continue;
      slots[slot] = hash;
      set.#size += 1;
    }
    return set;
  }

  get size(): number {
    return this.#size;
  }

  /** All hashes, in no order. */
  hashes(): Float64Array {
    return this.#slots.filter((hash) => hash !== 0);
  }

  has(path: string): boolean {
    return this.hasHash(this.#hasher.hash(path));
  }

  hasHash(hash: number): boolean {
    return this.#slots[this.#slotOf(hash)] === hash;
  }

  addHash(hash: number): void {
    const slot = this.#slotOf(hash);
    if (this.#slots[slot] === hash) return;
    this.#slots[slot] = hash;
    this.#size += 1;
    if (this.#size * 2 > this.#slots.length) this.#grow();
  }

  #slotOf(hash: number): number {
    const mask = this.#slots.length - 1;
    let slot = (hash % TWO_32) & mask;
    while (this.#slots[slot] !== 0 && this.#slots[slot] !== hash) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Float64Array(old.length * 2);
    for (let slot = 0; slot < old.length; slot += 1) {
      const hash = old[slot] ?? 0;
      if (hash !== 0) this.#slots[this.#slotOf(hash)] = hash;
    }
  }
}

/** The code of the slash, which parts names. */
export { SLASH };
