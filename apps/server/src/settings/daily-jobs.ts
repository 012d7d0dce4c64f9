import type { JobHandler, Store } from "@pratique/store";
import type { Logger } from "pino";
import { workAtJobs } from "../work-at-jobs.ts";
import { applyRetention } from "./retention.ts";

export interface DailyJobsOptions {
  readonly store: Store;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Logger;
}

const DAY_MS = 86_400_000;
const CONCURRENCY = 2;

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
        const counts = await applyRetention(store, now());
        log.info(counts, "what is older than it has to be kept was forgotten");
      },
    },
  ];
}

/** Does the daily jobs until it is closed: each once for each day, however many servers there are. */
export class DailyJobs {
  readonly #options: DailyJobsOptions;
  readonly #jobs: readonly DailyJob[];
  readonly #ending = new AbortController();
  #working: Promise<void> = Promise.resolve();

  constructor(options: DailyJobsOptions) {
    this.#options = options;
    this.#jobs = dailyJobs(options);
  }

  async start(): Promise<void> {
    for (const job of this.#jobs) await this.#plan(job);
    const handlers = Object.fromEntries(this.#jobs.map((job) => [job.name, this.#handlerOf(job)]));
    this.#working = workAtJobs(handlers, {
      ...this.#options,
      concurrency: CONCURRENCY,
      signal: this.#ending.signal,
      words: { failed: "a job has failed", unable: "no jobs can be done" },
    });
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#working;
  }

  #handlerOf(job: DailyJob): JobHandler {
    return async (day) => {
      // A job may be begun twice, and a server that starts may have planned it again meanwhile.
      if (day !== (await this.#lastDay(job))) {
        await job.run();
        await this.#options.store.settings.documents.remember(job.name, day);
      }
      await this.#plan(job);
    };
  }

  /** Plans the next run: at once where today's is due and was not done. One waits for one name. */
  async #plan(job: DailyJob): Promise<void> {
    const { store, now } = this.#options;
    const { name, atMs } = job;
    const today = dayOf(now() - atMs);
    const isDone = (await this.#lastDay(job)) === today;
    const day = isDone ? dayOf(now() - atMs + DAY_MS) : today;
    await store.jobs.enqueue(name, day, { key: name, runAtMs: isDone ? Date.parse(day) + atMs : 0 });
  }

  async #lastDay({ name }: DailyJob): Promise<unknown> {
    return (await this.#options.store.settings.documents.find(name))?.value;
  }
}

/** `2026-11-25`. */
function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
