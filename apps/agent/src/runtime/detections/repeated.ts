/** Work that is done again and again, never twice at a time: where it takes longer than its period, turns are left out. */
export class Repeated implements Disposable {
  readonly #timer: NodeJS.Timeout;
  #isRunning = false;

  /** `work` never rejects. */
  constructor(everyMs: number, work: () => Promise<void> | void) {
    this.#timer = setInterval(() => void this.#turn(work), everyMs);
  }

  /** Begins no more; what has begun ends by itself. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #turn(work: () => Promise<void> | void): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      await work();
    } finally {
      this.#isRunning = false;
    }
  }
}
