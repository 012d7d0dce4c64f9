interface Lane {
  last: Promise<unknown>;
  /** How many have been asked for and have not ended. */
  taken: number;
}

/** Lets one thing happen at a time for each key, in the order of the asking; those of other keys do not wait for it. */
export class KeyedTurns {
  readonly #lanes = new Map<string, Lane>();

  /** Runs when all that was asked for before under the key has ended, well or not. Rejects as what it runs does. */
  async take<Result>(key: string, run: () => Promise<Result>): Promise<Result> {
    const lane = this.#lanes.get(key) ?? { last: Promise.resolve(), taken: 0 };
    this.#lanes.set(key, lane);
    const turn = lane.last.then(run, run);
    lane.last = turn;
    lane.taken += 1;
    try {
      return await turn;
    } finally {
      lane.taken -= 1;
      if (lane.taken === 0) this.#lanes.delete(key);
    }
  }

  /** How many have been asked for under the key and have not ended: the one that runs, and those that wait. */
  taken(key: string): number {
    return this.#lanes.get(key)?.taken ?? 0;
  }

  /** When nothing is under way any more, under any key. */
  async idle(): Promise<void> {
    while (this.#lanes.size > 0) await Promise.allSettled([...this.#lanes.values()].map(({ last }) => last));
  }
}
