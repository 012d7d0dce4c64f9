import { isRecent } from "@pratique/core";

/**
 * Remembers what was seen lately, for at least one period and at most two, and no more than so much: whatever happens,
 * it stays small.
 */
export class Lately {
  readonly #periodMs: number;
  readonly #most: number;
  #now = new Set<string>();
  #before: ReadonlySet<string> = new Set();
  #since = Number.NEGATIVE_INFINITY;

  constructor({ periodMs, most }: { readonly periodMs: number; readonly most: number }) {
    this.#periodMs = periodMs;
    this.#most = most;
  }

  /** Whether it was not seen lately; it has been from then on. */
  isNew(key: string, at: number): boolean {
    const isThisPeriod = isRecent(this.#since, { nowMs: at, withinMs: this.#periodMs });
    if (!isThisPeriod || this.#now.size >= this.#most) {
      this.#before = this.#now;
      this.#now = new Set();
      this.#since = at;
    }
    if (this.#now.has(key) || this.#before.has(key)) return false;
    this.#now.add(key);
    return true;
  }
}
