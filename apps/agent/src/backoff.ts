/** What ran for so long before it failed had started well. */
const STEADY_MS = 60_000;

/** How long to wait after failures that follow one another. */
export class Backoff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #failures = 0;

  /** `random` gives numbers from 0 up to 1: thousands of agents whose server comes back must not all call at once. */
  constructor({
    firstMs,
    maxMs,
    random,
  }: {
    readonly firstMs: number;
    readonly maxMs: number;
    readonly random: () => number;
  }) {
    this.#firstMs = firstMs;
    this.#maxMs = maxMs;
    this.#random = random;
  }

  /** How many failures there have been since the last success. */
  get failures(): number {
    return this.#failures;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  /** The same as {@link failed} for what ran for a while before: after a steady run the waits begin anew. */
  endedAfter(ranMs: number): number {
    if (ranMs >= STEADY_MS) this.succeeded();
    return this.failed();
  }

  /** Counts a failure. Gives the time to wait: between a half and the whole of one that doubles each time. */
  failed(): number {
    const whole = Math.min(this.#firstMs * 2 ** Math.min(this.#failures, 30), this.#maxMs);
    this.#failures += 1;
    return whole / 2 + (whole / 2) * this.#random();
  }
}
