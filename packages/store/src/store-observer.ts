import type { LogEvent } from "kysely";
import type { JobHandler, JobQueue } from "./jobs/job-queue.ts";

/** Who hears of what a store does. Values of queries are not told. */
export interface StoreObserver {
  /** Hears of each query after it. */
  query(query: { readonly sql: string; readonly durationMs: number; readonly failed: boolean }): void;
  /** Runs each job. */
  job(name: string, run: () => Promise<void>): Promise<void>;
}

/** What Kysely is to call after each query. */
export function queryLogOf(observer: StoreObserver): (event: LogEvent) => void {
  return ({ level, query, queryDurationMillis }) =>
    observer.query({ sql: query.sql, durationMs: queryDurationMillis, failed: level === "error" });
}

/** A queue whose jobs are run by the observer. */
export function observedJobs(jobs: JobQueue, observer: StoreObserver): JobQueue {
  const observed = (name: string, handler: JobHandler): JobHandler => {
    return async (payload, run) => await observer.job(name, async () => await handler(payload, run));
  };
  return {
    enqueue: async (...job) => await jobs.enqueue(...job),
    work: async (handlers, options) => {
      const all = Object.entries(handlers).map(([name, handler]) => [name, observed(name, handler)] as const);
      await jobs.work(Object.fromEntries(all), options);
    },
    list: async (query) => await jobs.list(query),
    retry: async (id) => await jobs.retry(id),
    cancel: async (id) => await jobs.cancel(id),
  };
}
