import type { JobHandler, Store } from "@pratique/store";
import type { Logger } from "pino";

/** Work that a part of the server does when a job of this name is due. */
export interface ServerJob {
  readonly name: string;
  /** What the log says when it fails. */
  readonly failed: string;
  readonly handler: JobHandler;
}

export interface StartJobsOptions {
  readonly store: Pick<Store, "jobs">;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Logger;
  /** How many at once. As many as there are names where it is absent: no kind of job waits for another. */
  readonly concurrency?: number;
}

/**
 * Does jobs until it is disposed of, which aborts those that are being done and awaits them. A server does all of its own
 * in one place: each place takes connections to the database, and asks it each second. Never rejects: a server goes on
 * without jobs, and its log says so.
 */
export function startJobs(
  jobs: readonly ServerJob[],
  { store, now, log, concurrency = jobs.length }: StartJobsOptions,
): AsyncDisposable {
  const ending = new AbortController();
  const failures = new WeakMap<object, string>();
  const handlers = Object.fromEntries(
    jobs.map(({ name, failed, handler }): [string, JobHandler] => [
      name,
      async (payload, run) => {
        try {
          await handler(payload, run);
        } catch (thrown) {
          if (typeof thrown === "object" && thrown !== null) failures.set(thrown, failed);
          throw thrown;
        }
      },
    ]),
  );
  const onError = (thrown: unknown) =>
    log.error({ err: thrown }, failures.get(Object(thrown)) ?? "jobs cannot be done now");
  const working = store.jobs
    .work(handlers, { concurrency, signal: ending.signal, now, onError })
    .catch((thrown: unknown) => log.error({ err: thrown }, "no jobs can be done"));
  return {
    async [Symbol.asyncDispose]() {
      ending.abort();
      await working;
    },
  };
}
