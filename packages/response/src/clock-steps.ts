/** Less than this is not a step: two clocks are never read at one moment. */
const LEAST_STEP_MS = 5000;

export interface Clocks {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that never turns back. */
  readonly elapsedMs: () => number;
}

/** Notices that the clock was set, or that the host slept, by another clock that does neither. */
export class ClockSteps {
  readonly #clocks: Clocks;
  #apart: number;

  constructor(clocks: Clocks) {
    this.#clocks = clocks;
    this.#apart = this.#read();
  }

  /** By how many milliseconds the clock has gone forward since the last call, beyond what has passed; less than 0 for back. */
  take(): number {
    const stepMs = this.#read() - this.#apart;
    if (Math.abs(stepMs) < LEAST_STEP_MS) return 0;
    this.#apart += stepMs;
    return stepMs;
  }

  #read(): number {
    return this.#clocks.now() - this.#clocks.elapsedMs();
  }
}
