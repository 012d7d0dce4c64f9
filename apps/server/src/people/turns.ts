import { ServerError } from "../errors.ts";

export interface TurnsOptions {
  readonly atOnce: number;
  readonly waiting: number;
}

/** Lets so many run at once and so many wait; the rest are sent away. */
export class Turns {
  readonly #options: TurnsOptions;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /** Runs when it is its turn. Throws `TOO_MANY_REQUESTS`. */
  async take<Result>(run: () => Promise<Result>): Promise<Result> {
    await this.#admit();
    try {
      return await run();
    } finally {
      const next = this.#waiting.shift();
      // Whoever waits takes the place over: it is never free in between.
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  async #admit(): Promise<void> {
    if (this.#running < this.#options.atOnce) {
      this.#running += 1;
      return;
    }
    if (this.#waiting.length >= this.#options.waiting) {
      throw new ServerError("TOO_MANY_REQUESTS", "too many people sign in at once", { retryAfterSeconds: 5 });
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
