import { RecentMap } from "@pratique/core";

export interface DetectionLimitOptions {
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number;
  /** So many of the same at once; then one for each interval. */
  readonly burst?: number;
  readonly intervalMs?: number;
}

interface Bucket {
  readonly tokens: number;
  readonly at: number;
  readonly suppressed: number;
}

const BURST = 10;
const INTERVAL_MS = 10_000;
const MAX_KEYS = 8192;

/** What may be told, and how many of the same were left out since the last that was. */
export type Admission = { readonly tell: true; readonly suppressed: number } | { readonly tell: false };

/**
 * Keeps one rule in one container from filling the record: the first few are told, then one now and then, with the
 * number of those between. Other rules, and other containers, are told all the same.
 */
export class DetectionLimit {
  readonly #now: () => number;
  readonly #burst: number;
  readonly #intervalMs: number;
  readonly #buckets = new RecentMap<string, Bucket>(MAX_KEYS);
  #suppressed = 0;

  constructor({ now, burst = BURST, intervalMs = INTERVAL_MS }: DetectionLimitOptions) {
    this.#now = now;
    this.#burst = burst;
    this.#intervalMs = intervalMs;
  }

  /** How many were left out since the start. */
  get suppressed(): number {
    return this.#suppressed;
  }

  admit(rule: string, containerId: string): Admission {
    const key = `${containerId} ${rule}`;
    const at = this.#now();
    const { tokens, suppressed } = this.#filled(key, at);
    if (tokens < 1) {
      this.#suppressed += 1;
      this.#buckets.set(key, { tokens, at, suppressed: suppressed + 1 });
      return { tell: false };
    }
    this.#buckets.set(key, { tokens: tokens - 1, at, suppressed: 0 });
    return { tell: true, suppressed };
  }

  #filled(key: string, at: number): Bucket {
    const known = this.#buckets.get(key);
    if (known === undefined) return { tokens: this.#burst, at, suppressed: 0 };
    const tokens = Math.min(this.#burst, known.tokens + (at - known.at) / this.#intervalMs);
    return { tokens, at, suppressed: known.suppressed };
  }
}
