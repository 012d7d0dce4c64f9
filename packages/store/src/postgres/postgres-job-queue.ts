import { EventEmitter } from "node:events";
import { type JsonValue, messageOf } from "@pratique/core";
import {
  type Job as GraphileJob,
  Logger,
  run,
  runMigrations,
  type TaskList,
  type WorkerEvents,
} from "graphile-worker";
import { type Kysely, sql } from "kysely";
import { StoreError } from "../errors.ts";
import {
  type EnqueueOptions,
  type Job,
  type JobHandler,
  type JobListQuery,
  type JobQueue,
  KEPT_DONE,
  LEASE_MS,
  MAX_ATTEMPTS,
  POLL_MS,
  type WorkOptions,
} from "../jobs/job-queue.ts";
import { type JobRow, jobOf } from "../jobs/job-row.ts";
import type { Schema } from "../schema.ts";
import { storeErrorOf } from "./postgres-error.ts";
import { openPool } from "./postgres-pool.ts";
import type { Primary } from "./primary.ts";
import { WorkerLock } from "./worker-lock.ts";

const silent = new Logger(() => () => undefined);

/** Makes what the library keeps its jobs in. One server at a time may do so. */
export async function prepareJobs(primary: Primary): Promise<void> {
  const pool = openPool(primary, { maxConnections: 1, statementTimeoutMs: 0 });
  try {
    await runMigrations({ pgPool: pool, logger: silent });
  } catch (thrown) {
    throw storeErrorOf(thrown);
  } finally {
    await pool.end();
  }
}

/**
 * A queue by graphile-worker. It forgets jobs that are done, so those are noted in our own table; and it believes
 * in a killed worker for four hours, so that {@link WorkerLock} tells which of them are dead.
 */
export class PostgresJobQueue implements JobQueue {
  readonly #database: Kysely<Schema>;
  readonly #primary: Primary;

  constructor(database: Kysely<Schema>, primary: Primary) {
    this.#database = database;
    this.#primary = primary;
  }

  async enqueue(name: string, payload: JsonValue, options: EnqueueOptions = {}): Promise<string> {
    const { key = null, line = null, runAtMs = 0, maxAttempts = MAX_ATTEMPTS, priority = 0 } = options;
    const { rows } = await sql<{ id: number }>`
      select id from graphile_worker.add_job(
        identifier => ${name}::text,
        payload => ${JSON.stringify(payload)}::json,
        queue_name => ${line}::text,
        run_at => greatest(now(), to_timestamp(${runAtMs / 1000}::float8)),
        max_attempts => ${maxAttempts}::int,
        job_key => ${key}::text,
        job_key_mode => ${options.keepsTime === true ? "preserve_run_at" : "replace"}::text,
        priority => ${priority}::int
      )`.execute(options.transaction ?? this.#database);
    return String(rows[0]?.id);
  }

  async work(handlers: Readonly<Record<string, JobHandler>>, options: WorkOptions): Promise<void> {
    const { concurrency, signal, onError, pollMs = POLL_MS, leaseMs = LEASE_MS } = options;
    if (signal.aborted) return;
    // One listens, one reports for each job, and one is to spare.
    const pool = openPool(this.#primary, { maxConnections: concurrency + 2 });
    const lock = new WorkerLock(this.#primary, { onError, leaseMs });
    const events: WorkerEvents = new EventEmitter();
    events.once("pool:create", ({ workerPool }) => lock.hold(workerPool.id));
    try {
      const runner = await run({
        pgPool: pool,
        concurrency,
        pollInterval: pollMs,
        noHandleSignals: true,
        logger: silent,
        events,
        taskList: this.#tasks(handlers, options),
      });
      const stop = () => void runner.stop().catch(onError);
      signal.addEventListener("abort", stop, { once: true });
      if (signal.aborted) stop();
      await runner.promise;
    } catch (thrown) {
      throw storeErrorOf(thrown);
    } finally {
      await lock.close();
      await pool.end();
    }
  }

  async list({ state, dueMs, limit }: JobListQuery): Promise<readonly Job[]> {
    const { rows } = await sql<Omit<JobRow, "payload" | "line" | "lease_until_ms">>`
      select * from (
        select id, task_identifier as name, key, priority, attempts, max_attempts, last_error as error,
          floor(extract(epoch from run_at) * 1000) as run_at_ms,
          case when locked_at is not null then 'running' when attempts >= max_attempts then 'failed'
            else 'queued' end as state
        from graphile_worker.jobs
        union all
        select id, name, key, priority, attempts, max_attempts, error, run_at_ms, state from jobs
      ) as all_jobs
      where (${state ?? null}::text is null or state = ${state ?? null})
        and (${dueMs ?? null}::bigint is null or run_at_ms <= ${dueMs ?? null})
      order by id desc limit ${limit}`.execute(this.#database);
    return rows.map(jobOf);
  }

  async retry(id: string): Promise<boolean> {
    const { rows } = await sql`
      select id from graphile_worker.reschedule_jobs(array[${id}::bigint], run_at => now(), attempts => 0)
      `.execute(this.#database);
    return rows.length > 0;
  }

  async cancel(id: string): Promise<boolean> {
    const { rows } = await sql`
      select id from graphile_worker.complete_jobs(array[${id}::bigint])`.execute(this.#database);
    return rows.length > 0;
  }

  #tasks(handlers: Readonly<Record<string, JobHandler>>, { signal, onError }: WorkOptions): TaskList {
    const tasks: TaskList = {};
    for (const [name, handler] of Object.entries(handlers)) {
      tasks[name] = async (payload, { job }) => {
        try {
          // It was written by `enqueue`, as JSON.
          await handler(payload as JsonValue, { id: String(job.id), attempt: job.attempts, signal });
          await this.#refuseOvertaken(job);
          await this.#note(job, payload);
        } catch (thrown) {
          onError(thrown);
          // The library would keep it as failed for good, though the job that took its key does what it could not.
          if (await this.#isReplaced(job)) return;
          throw thrown instanceof Error ? thrown : new Error(messageOf(thrown));
        }
      };
    }
    return tasks;
  }

  /** What is done, the library removes, whoever has it by now; what has failed only where it is still this worker's. */
  async #refuseOvertaken({ id, locked_by: worker }: GraphileJob): Promise<void> {
    const { rows } = await sql`
      select id from graphile_worker.jobs where id = ${id}::bigint and locked_by = ${worker}`.execute(
      this.#database,
    );
    if (rows.length === 0) throw new StoreError("STORE_UNAVAILABLE", "the job was given to another worker");
  }

  async #isReplaced({ id, key, locked_by: worker }: GraphileJob): Promise<boolean> {
    if (key === null) return false;
    const rows = sql`
      select id from graphile_worker.jobs
      where id = ${id}::bigint and locked_by = ${worker} and key is null`.execute(this.#database);
    return await rows.then(
      (found) => found.rows.length > 0,
      () => false,
    );
  }

  /** Notes that a job is done. A job that was run twice is noted once. */
  async #note(job: GraphileJob, payload: unknown): Promise<void> {
    const id = Number(job.id);
    await this.#database
      .insertInto("jobs")
      .values({
        id,
        name: job.task_identifier,
        payload: JSON.stringify(payload),
        key: job.key,
        line: null,
        priority: job.priority,
        run_at_ms: job.run_at.getTime(),
        attempts: job.attempts,
        max_attempts: job.max_attempts,
        state: "done",
        lease_until_ms: null,
        error: null,
      })
      .onConflict((conflict) => conflict.column("id").doUpdateSet({ attempts: job.attempts }))
      .execute();
    await this.#database
      .deleteFrom("jobs")
      .where("state", "=", "done")
      .where("id", "<=", id - KEPT_DONE)
      .execute();
  }
}
