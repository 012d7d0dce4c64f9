import { RecentMap } from "@pratique/core";
import type { QueryTime } from "./query-time.ts";

/** A question that took less of the processor than this, a few times, is asked where an answer comes at once. */
const LIGHT_MS = 0.5;
const LIGHT_TIMES = 3;
/** One that took more than this, twice in a row, is asked elsewhere for some time: the next may be about as much. */
const HEAVY_MS = 3;
const HEAVY_AT_ONCE_MS = 50;
/** So does one that took so long by the clock: it may have waited for the disk. For a processor nothing waits so long often. */
const LONG_MS = 50;
const HEAVY_TIMES = 200;
const MAX_REMEMBERED = 1000;

interface Cost {
  /** How often it has to be light before it counts as that. */
  left: number;
  /** Whether it took long the last time. */
  wasSlow: boolean;
}

/** Learns which questions are answered in no time, by what each took before. */
export class QueryCosts {
  readonly #costs = new RecentMap<string, Cost>(MAX_REMEMBERED);

  /** Whether a question is answered so soon that it is not worth to ask somebody else. */
  isLight(sql: string): boolean {
    return this.#costs.get(sql)?.left === 0;
  }

  note(sql: string, { ms, processorMs }: QueryTime): void {
    const cost = this.#costs.get(sql) ?? { left: LIGHT_TIMES, wasSlow: false };
    const isSlow = processorMs > HEAVY_MS || ms > LONG_MS;
    if (processorMs > HEAVY_AT_ONCE_MS || (isSlow && cost.wasSlow)) cost.left = HEAVY_TIMES;
    else if (cost.left > 0) {
      cost.left = processorMs < LIGHT_MS ? cost.left - 1 : Math.max(cost.left, LIGHT_TIMES);
    }
    cost.wasSlow = isSlow;
    this.#costs.set(sql, cost);
  }
}
