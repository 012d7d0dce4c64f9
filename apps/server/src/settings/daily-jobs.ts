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

/** The daily jobs: each is done once for each day, however many servers there are. */
export class DailyJobs {
  readonly #options: DailyJobsOptions;
  readonly #daily: readonly DailyJob[];

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

  /** Plans what is due. */
  async start(): Promise<void> {
    for (const job of this.#daily) await this.#plan(job);
  }

  #handlerOf(job: DailyJob): JobHandler {
    return async (day) => {
      // A job may be begun twice, and a server that starts may have planned it again meanwhile.
      if (typeof day === "string" && (await this.#lastDay(job)) < day) {
        await job.run();
        await this.#options.store.settings.documents.remember(job.name, day);
      }
      await this.#plan(job);
    };
  }

  /**
   * Plans the next run: at once where today's is due and was not done. One waits for one name. The clock of the database
   * may be ahead of ours, so that a day was done before it began: what follows is the day after that one.
   */
  async #plan(job: DailyJob): Promise<void> {
    const { store, now } = this.#options;
    const { name, atMs } = job;
    const today = dayOf(now() - atMs);
    const last = await this.#lastDay(job);
    const day = last >= today ? dayOf(Date.parse(last) + DAY_MS) : today;
    await store.jobs.enqueue(name, day, { key: name, runAtMs: day === today ? 0 : Date.parse(day) + atMs });
  }

  /** Earlier than any day where it was never done. */
  async #lastDay({ name }: DailyJob): Promise<string> {
    const last = (await this.#options.store.settings.documents.find(name))?.value;
    return typeof last === "string" ? last : "";
  }
}

/** `2026-11-25`. */
function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
