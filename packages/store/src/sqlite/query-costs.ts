import { RecentMap } from "@pratique/core";

/** A question that took less than this, a few times, is asked where an answer comes at once. */
const LIGHT_MS = 0.5;
const LIGHT_TIMES = 3;
/**
 * One that took longer than this, twice in a row, is asked elsewhere for some time: the next may be about as much. Once,
 * it may have waited for a processor, as every question does now and then where there is much to do.
 */
const HEAVY_MS = 3;
/** Nothing waits so long for a processor often. */
const HEAVY_AT_ONCE_MS = 50;
const HEAVY_TIMES = 200;
const MAX_REMEMBERED = 1000;

interface Cost {
  /** How often it has to be light before it counts as that. */
  left: number;
  /** Whether it took long the last time. */
  wasSlow: boolean;
}

/** Learns which questions are answered in no time, by how long each took before. */
export class QueryCosts {
  readonly #costs = new RecentMap<string, Cost>(MAX_REMEMBERED);

  /** Whether a question is answered so soon that it is not worth to ask somebody else. */
  isLight(sql: string): boolean {
    return this.#costs.get(sql)?.left === 0;
  }

  note(sql: string, ms: number): void {
    const cost = this.#costs.get(sql) ?? { left: LIGHT_TIMES, wasSlow: false };
    const isSlow = ms > HEAVY_MS;
    if (ms > HEAVY_AT_ONCE_MS || (isSlow && cost.wasSlow)) cost.left = HEAVY_TIMES;
    else if (cost.left > 0) cost.left = ms < LIGHT_MS ? cost.left - 1 : Math.max(cost.left, LIGHT_TIMES);
    cost.wasSlow = isSlow;
    this.#costs.set(sql, cost);
  }
}
