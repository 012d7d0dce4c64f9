/** How many may wait for one container; an attacker must not fill the memory with hits. */
const MAX_WAITING = 64;

/** Lets one thing happen at a time for each name, in the order of the asking. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();
  readonly #waiting = new Map<string, number>();

  /** Gives undefined where too many wait already. Rejects as what it runs does. */
  async take<T>(name: string, run: () => Promise<T>): Promise<T | undefined> {
    const waiting = this.#waiting.get(name) ?? 0;
    if (waiting >= MAX_WAITING) return undefined;
    this.#waiting.set(name, waiting + 1);
    const turn = (this.#last.get(name) ?? Promise.resolve()).then(run, run);
    this.#last.set(name, turn);
    try {
      return await turn;
    } finally {
      this.#leave(name, turn);
    }
  }

  /** When nothing is under way any more. */
  async idle(): Promise<void> {
    while (this.#last.size > 0) await Promise.allSettled(this.#last.values());
  }

  #leave(name: string, turn: Promise<unknown>): void {
    const waiting = (this.#waiting.get(name) ?? 1) - 1;
    if (waiting === 0) this.#waiting.delete(name);
    else this.#waiting.set(name, waiting);
    if (this.#last.get(name) === turn) this.#last.delete(name);
  }
}
