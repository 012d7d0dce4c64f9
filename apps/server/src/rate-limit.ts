export interface RateLimitOptions {
  readonly limit: number;
  readonly windowMs: number;
  /** Milliseconds of a clock that never turns back. */
  readonly elapsedMs: () => number;
}

/** No more callers than this are remembered; beyond it all share one count. */
const MAX_CALLERS = 10_000;
const EVERYBODY_ELSE = "";

/** Counts calls by caller in fixed windows. */
export class RateLimit {
  readonly #options: RateLimitOptions;
  readonly #counts = new Map<string, number>();
  #windowStart = Number.NEGATIVE_INFINITY;

  constructor(options: RateLimitOptions) {
    this.#options = options;
  }

  /** Counts a call. False when the caller has had its share. */
  admit(caller: string): boolean {
    this.#turnOver();
    const key = this.#keyOf(caller);
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return count <= this.#options.limit;
  }

  /** How long until the caller's next call is let through, in milliseconds; 0 where it is now. */
  waitMs(caller: string): number {
    this.#turnOver();
    if ((this.#counts.get(this.#keyOf(caller)) ?? 0) < this.#options.limit) return 0;
    return this.#windowStart + this.#options.windowMs - this.#options.elapsedMs();
  }

  #turnOver(): void {
    const elapsedMs = this.#options.elapsedMs();
    if (elapsedMs - this.#windowStart < this.#options.windowMs) return;
    this.#windowStart = elapsedMs;
    this.#counts.clear();
  }

  #keyOf(caller: string): string {
    return this.#counts.has(caller) || this.#counts.size < MAX_CALLERS ? caller : EVERYBODY_ELSE;
  }
}
