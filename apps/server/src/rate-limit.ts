export interface RateLimitOptions {
  readonly limit: number;
  readonly windowMs: number;
  readonly now: () => number;
}

/** No more callers than this are remembered; beyond it all share one count. */
const MAX_CALLERS = 1_000;
const EVERYBODY_ELSE = "";

/** Counts calls by caller in fixed windows. */
export class RateLimit {
  readonly #options: RateLimitOptions;
  readonly #counts = new Map<string, number>();
  #windowStart = 0;

  constructor(options: RateLimitOptions) {
    this.#options = options;
  }

  /** Counts a call. False when the caller has had its share. */
  admit(caller: string): boolean {
    const { limit, windowMs, now } = this.#options;
    if (now() - this.#windowStart >= windowMs) {
      this.#windowStart = now();
      this.#counts.clear();
    }
    const known = this.#counts.has(caller) || this.#counts.size < MAX_CALLERS;
    const key = known ? caller : EVERYBODY_ELSE;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return count <= limit;
  }
}
