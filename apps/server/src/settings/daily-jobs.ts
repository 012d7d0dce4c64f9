import type { JobHandler, Store } from "@pratique/store";
import type { Logger } from "pino";
import type { ServerJob } from "../server-jobs.ts";
import { applyRetention } from "./retention.ts";

export interface DailyJobsOptions {
  readonly store: Store;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Logger;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/**
 * What is forgotten is gone for good: a clock that is years ahead, for a minute or for a day, must not be believed. From one
 * run to the next no more than this passes.
 */
const MAX_STEP_MS = 2 * DAY_MS;
/** By when the last run went, in milliseconds since 1970. */
const FORGOTTEN_AS_OF = "daily.retention.as-of";

/** A job that is done once a day, by one of the servers. */
interface DailyJob {
  readonly name: string;
  /** After midnight in UTC. */
  readonly atMs: number;
  readonly run: () => Promise<void>;
}

/** What is done once a day. Sorted by name. */
function dailyJobs({ store, now, log }: DailyJobsOptions): readonly DailyJob[] {
  return [
    {
      name: "daily.findings",
      atMs: 5 * 60_000,
      run: async () => await store.timeline.record(now()),
    },
    {
      name: "daily.retention",
      atMs: 3 * 3_600_000,
      run: async () => {
        const { asOf, latest } = await timeOfRetention(store, now());
        const counts = await applyRetention(store, asOf, now());
        await store.settings.documents.remember(FORGOTTEN_AS_OF, latest);
        log.info(
          { ...counts, asOf: new Date(asOf).toISOString() },
          "what is older than it has to be kept was forgotten",
        );
      },
    },
  ];
}

/** The daily jobs: each is done once for each day, however many servers there are. */
export class DailyJobs {
  readonly #options: DailyJobsOptions;
  readonly #daily: readonly DailyJob[];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DailyJobsOptions) {
    this.#options = options;
    this.#daily = dailyJobs(options);
  }

  /** For who does the jobs of the server. */
  get jobs(): readonly ServerJob[] {
    return this.#daily.map((job) => ({
      name: job.name,
      failed: "what is done each day has failed",
      handler: this.#handlerOf(job),
    }));
  }

  /** Plans what is due, and looks after it until it is disposed of. */
  async start(): Promise<void> {
    for (const job of this.#daily) await this.#plan(job);
    this.#timer = setInterval(() => {
      const { log } = this.#options;
      this.planAgain().catch((err: unknown) => log.error({ err }, "what is done each day cannot be planned"));
    }, HOUR_MS);
    this.#timer.unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  /**
   * Plans anew what was done, and planned, by a clock that was days ahead: its next day would be years from now. Likewise
   * what was not done for more than a day: a day that failed as often as it may has planned no other.
   */
  async planAgain(): Promise<void> {
    for (const job of this.#daily) {
      const [last, today] = [await this.#lastDay(job), this.#today(job)];
      if (isAhead(last, today) || last < dayOf(Date.parse(today) - DAY_MS)) await this.#plan(job);
    }
  }

  #handlerOf(job: DailyJob): JobHandler {
    return async (day) => {
      // A job may be begun twice, and a server that starts may have planned it again meanwhile.
      const last = await this.#lastDay(job);
      if (typeof day === "string" && (last < day || isAhead(last, this.#today(job)))) {
        await job.run();
        await this.#options.store.settings.documents.remember(job.name, day);
      }
      await this.#plan(job);
    };
  }

  /**
   * Plans the next run: at once where today's is due and was not done. One waits for one name. The clock of the database
   * may be ahead of ours, so that a day was done before it began: what follows is the day after that one. One that is days
   * ahead was done by a clock that was wrong, and does not count.
   */
  async #plan(job: DailyJob): Promise<void> {
    const { store } = this.#options;
    const { name, atMs } = job;
    const today = this.#today(job);
    const last = await this.#lastDay(job);
    const day = last >= today && !isAhead(last, today) ? dayOf(Date.parse(last) + DAY_MS) : today;
    await store.jobs.enqueue(name, day, { key: name, runAtMs: day === today ? 0 : Date.parse(day) + atMs });
  }

  #today({ atMs }: DailyJob): string {
    return dayOf(this.#options.now() - atMs);
  }

  /** Earlier than any day where it was never done. */
  async #lastDay({ name }: DailyJob): Promise<string> {
    const last = (await this.#options.store.settings.documents.find(name))?.value;
    return typeof last === "string" ? last : "";
  }
}

/**
 * The time by which things are too old to be kept: the clock's, but never far after the latest of the runs before. One run by a
 * clock that was years behind must not make those after it begin there.
 */
async function timeOfRetention(
  { settings: { documents } }: Store,
  nowMs: number,
): Promise<{ readonly asOf: number; readonly latest: number }> {
  const last = (await documents.find(FORGOTTEN_AS_OF))?.value;
  if (typeof last !== "number") return { asOf: nowMs, latest: nowMs };
  const asOf = Math.min(nowMs, last + MAX_STEP_MS);
  return { asOf, latest: Math.max(asOf, last) };
}

/** By more than the clocks of two machines differ. */
function isAhead(last: string, today: string): boolean {
  return last > dayOf(Date.parse(today) + DAY_MS);
}

/** `2026-11-25`. */
function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
