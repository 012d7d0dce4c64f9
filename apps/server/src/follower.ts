/**
 * Looks at something again and again, one look after the other, so that an older answer never replaces a newer one. What
 * is asked for during a look makes one more, however often it is asked for.
 */
export class Follower {
  readonly #look: () => Promise<void>;
  readonly #onError: (error: unknown) => void;
  #looking: Promise<void> = Promise.resolve();
  #pending = false;

  constructor(look: () => Promise<void>, onError: (error: unknown) => void) {
    this.#look = look;
    this.#onError = onError;
  }

  /** Looks as soon as the look that is going on has ended. */
  soon(): void {
    if (this.#pending) return;
    this.#pending = true;
    this.#looking = this.#lookAfter(this.#looking);
  }

  async #lookAfter(before: Promise<void>): Promise<void> {
    await before;
    this.#pending = false;
    try {
      await this.#look();
    } catch (thrown) {
      this.#onError(thrown);
    }
  }
}
