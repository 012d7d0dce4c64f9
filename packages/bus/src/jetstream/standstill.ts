/** A log that moves is asked for this soon: two servers that have its batches by turns wait for each other each time. */
const FIRST_WAIT_MS = 10;
/** Many logs may stand still at once. */
const MAX_WAIT_MS = 2000;

export interface StandstillOptions {
  /** How long a log may stand still, in milliseconds. */
  readonly patienceMs: number;
  /** Milliseconds of a clock that never turns back. */
  readonly elapsedMs: () => number;
}

/**
 * Tells how long a log has stood still: batches of it have come, and records before them are missing. While the store gets more
 * of it, whoever takes that in, it does not.
 */
export class Standstill {
  readonly #options: StandstillOptions;
  #since: { readonly acknowledged: number; readonly atMs: number } | undefined;

  constructor(options: StandstillOptions) {
    this.#options = options;
  }

  /**
   * Hears that records are missing after the last that the store holds. Gives how long to wait until it is asked again, in
   * milliseconds: as long as the log has stood still, so that this is seldom, and yet soon after it moves. Gives undefined where
   * there is nothing to wait for any more.
   */
  hear(acknowledged: number): number | undefined {
    const nowMs = this.#options.elapsedMs();
    if (this.#since?.acknowledged !== acknowledged) this.#since = { acknowledged, atMs: nowMs };
    const stoodMs = nowMs - this.#since.atMs;
    if (stoodMs >= this.#options.patienceMs) return undefined;
    return Math.min(Math.max(stoodMs, FIRST_WAIT_MS), MAX_WAIT_MS);
  }

  /** It moves; or how far it is cannot be told, and the time until now counts for nothing. */
  forget(): void {
    this.#since = undefined;
  }
}
