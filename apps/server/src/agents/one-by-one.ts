/**
 * Lets calls in one after the other, and looks at all that has come meanwhile between two of them. Where hundreds of
 * agents call at once, a person who asks for something waits for one of their calls each time, and not for all of them.
 */
export class OneByOne {
  readonly #waiting: (() => void)[] = [];
  #busy = false;

  /** Resolves when it is the caller's turn, which lasts until it waits for something else. */
  async turn(): Promise<void> {
    if (this.#busy) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      return await promise;
    }
    this.#busy = true;
    setImmediate(() => this.#next());
  }

  #next(): void {
    const next = this.#waiting.shift();
    this.#busy = next !== undefined;
    if (next === undefined) return;
    setImmediate(() => this.#next());
    next();
  }
}
