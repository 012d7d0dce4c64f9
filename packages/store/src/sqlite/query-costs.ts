import { RecentMap } from "@pratique/core";

/** A question that took less than this, a few times, is asked where an answer comes at once. */
const LIGHT_MS = 0.5;
const LIGHT_TIMES = 3;
/** One that took longer than this is asked elsewhere for some time: the next may be about as much. */
const HEAVY_MS = 3;
const HEAVY_TIMES = 200;
const MAX_REMEMBERED = 1000;

/** Learns which questions are answered in no time, by how long each took before. */
export class QueryCosts {
  /** For each text, how often it has to be light before it counts as that. */
  readonly #left = new RecentMap<string, number>(MAX_REMEMBERED);

  /** Whether a question is answered so soon that it is not worth to ask somebody else. */
  isLight(sql: string): boolean {
    return this.#left.get(sql) === 0;
  }

  note(sql: string, ms: number): void {
    const left = this.#left.get(sql) ?? LIGHT_TIMES;
    if (ms > HEAVY_MS) this.#left.set(sql, HEAVY_TIMES);
    else if (left === 0) this.#left.set(sql, 0);
    else this.#left.set(sql, ms < LIGHT_MS ? left - 1 : Math.max(left, LIGHT_TIMES));
  }
}
