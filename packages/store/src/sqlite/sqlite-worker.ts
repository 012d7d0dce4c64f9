import type { JsonValue } from "@pratique/core";
import { type JobHandler, LEASE_MS, POLL_MS, type WorkOptions } from "../jobs/job-queue.ts";
import type { JobRow } from "../jobs/job-row.ts";

export interface ClaimOptions {
  readonly nowMs: number;
  readonly leaseMs: number;
  /** The ids of the jobs that the worker is at. */
  readonly held: readonly number[];
}

/** What a worker asks of its queue. */
interface Leases {
  claim(names: readonly string[], options: ClaimOptions): Promise<JobRow | undefined>;
  extend(job: JobRow, untilMs: number): Promise<void>;
  finish(job: JobRow): Promise<void>;
  fail(job: JobRow, thrown: unknown, nowMs: number): Promise<void>;
}

/** Takes jobs one after the other, a few at once. */
export class SqliteWorker {
  readonly #leases: Leases;
  readonly #handlers: ReadonlyMap<string, JobHandler>;
  readonly #options: WorkOptions;
  readonly #leaseMs: number;
  #wake: () => void = () => undefined;

  constructor(leases: Leases, handlers: Readonly<Record<string, JobHandler>>, options: WorkOptions) {
    this.#leases = leases;
    this.#handlers = new Map(Object.entries(handlers));
    this.#options = options;
    this.#leaseMs = options.leaseMs ?? LEASE_MS;
  }

  /** Looks for jobs now instead of at the next poll. */
  wake(): void {
    this.#wake();
  }

  async run(): Promise<void> {
    const { signal, concurrency } = this.#options;
    const running = new Map<number, Promise<void>>();
    while (!signal.aborted) {
      // Armed before the look: a job that is added during it must not be overlooked.
      const woken = this.#nextLook();
      const job = running.size < concurrency ? await this.#claim([...running.keys()]) : undefined;
      if (job === undefined) {
        // A job that ends makes room, or lets another one of its line begin.
        await Promise.race([woken, ...running.values()]);
        continue;
      }
      const run = this.#do(job).finally(() => running.delete(job.id));
      running.set(job.id, run);
    }
    await Promise.all(running.values());
  }

  /** Resolves when somebody wakes the worker, it is to end, or the time of a poll has passed. */
  #nextLook(): Promise<void> {
    const { signal, pollMs = POLL_MS } = this.#options;
    return new Promise((resolve) => {
      const look = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", look);
        resolve();
      };
      const timer = setTimeout(look, pollMs);
      signal.addEventListener("abort", look);
      const before = this.#wake;
      this.#wake = look;
      before();
    });
  }

  async #claim(held: readonly number[]): Promise<JobRow | undefined> {
    try {
      const options = { nowMs: this.#options.now(), leaseMs: this.#leaseMs, held };
      return await this.#leases.claim([...this.#handlers.keys()], options);
    } catch (thrown) {
      this.#options.onError(thrown);
      return undefined;
    }
  }

  async #do(job: JobRow): Promise<void> {
    const { now, onError, signal } = this.#options;
    const heartbeat = setInterval(() => {
      this.#leases.extend(job, now() + this.#leaseMs).catch(onError);
    }, this.#leaseMs / 3);
    try {
      // It was written by `enqueue`, as JSON.
      const payload: JsonValue = JSON.parse(job.payload);
      const run = { id: String(job.id), attempt: job.attempts, signal };
      const thrown = await outcomeOf(this.#handlers.get(job.name)?.(payload, run));
      if (thrown === undefined) return await this.#leases.finish(job);
      onError(thrown.error);
      await this.#leases.fail(job, thrown.error, now());
    } catch (thrown) {
      // The store failed, not the job: the lease runs out, and the job is run again.
      onError(thrown);
    } finally {
      clearInterval(heartbeat);
    }
  }
}

async function outcomeOf(
  running: Promise<void> | undefined,
): Promise<{ readonly error: unknown } | undefined> {
  try {
    await running;
    return undefined;
  } catch (error) {
    return { error };
  }
}
