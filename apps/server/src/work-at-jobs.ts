import type { JobHandler, Store } from "@pratique/store";
import type { Logger } from "pino";

export interface WorkAtJobsOptions {
  readonly store: Pick<Store, "jobs">;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Logger;
  /** Ends the work; jobs that are being done are awaited. */
  readonly signal: AbortSignal;
  /** How many at once; one where it is absent. */
  readonly concurrency?: number;
  /** What the log says of a job that failed, and where none can be done at all. */
  readonly words: { readonly failed: string; readonly unable: string };
}

/** Does the jobs that have a handler until the signal. Never rejects: a server goes on without, and its log says so. */
export async function workAtJobs(
  handlers: Readonly<Record<string, JobHandler>>,
  { store, now, log, signal, concurrency = 1, words }: WorkAtJobsOptions,
): Promise<void> {
  const onError = (thrown: unknown) => log.error({ err: thrown }, words.failed);
  try {
    await store.jobs.work(handlers, { concurrency, signal, now, onError });
  } catch (thrown) {
    log.error({ err: thrown }, words.unable);
  }
}
