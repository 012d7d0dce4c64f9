import { type JsonValue, messageOf } from "@pratique/core";
import { type Kysely, type RawBuilder, sql } from "kysely";
import {
  type EnqueueOptions,
  type Job,
  type JobHandler,
  type JobListQuery,
  type JobQueue,
  KEPT_DONE,
  MAX_ATTEMPTS,
  MAX_ERROR_LENGTH,
  pauseAfter,
  type WorkOptions,
} from "../jobs/job-queue.ts";
import { type JobRow, jobOf } from "../jobs/job-row.ts";
import type { Schema } from "../schema.ts";
import { type ClaimOptions, SqliteWorker } from "./sqlite-worker.ts";

/**
 * A queue in a table. A worker takes a job for the time of a lease, which it extends while it works: what a killed
 * worker held is free again when its lease has run out. The number of the attempt tells an old holder from a new one.
 */
export class SqliteJobQueue implements JobQueue {
  readonly #database: Kysely<Schema>;
  readonly #wake = new Set<() => void>();

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async enqueue(name: string, payload: JsonValue, options: EnqueueOptions = {}): Promise<string> {
    const { key = null, line = null, transaction = this.#database } = options;
    const columns = {
      name,
      payload: JSON.stringify(payload),
      priority: options.priority ?? 0,
      run_at_ms: options.runAtMs ?? 0,
      max_attempts: options.maxAttempts ?? MAX_ATTEMPTS,
      line,
      attempts: 0,
      error: null,
    };
    const { id } = await transaction
      .insertInto("jobs")
      .values({ ...columns, key, state: "queued", lease_until_ms: null })
      .onConflict((conflict) =>
        // Written out, not as a parameter: only so does it match the index.
        conflict
          .column("key")
          .where("state", "=", sql.lit("queued"))
          .doUpdateSet({
            ...columns,
            ...(options.keepsTime === true && { run_at_ms: timeUnlessFailed }),
          }),
      )
      .returning("id")
      .executeTakeFirstOrThrow();
    for (const wake of this.#wake) wake();
    return String(id);
  }

  async work(handlers: Readonly<Record<string, JobHandler>>, options: WorkOptions): Promise<void> {
    const worker = new SqliteWorker(this, handlers, options);
    const wake = () => worker.wake();
    this.#wake.add(wake);
    try {
      await worker.run();
    } finally {
      this.#wake.delete(wake);
    }
  }

  async list({ state, dueMs, limit }: JobListQuery): Promise<readonly Job[]> {
    let query = this.#database.selectFrom("jobs").selectAll().orderBy("id", "desc").limit(limit);
    if (state !== undefined) query = query.where("state", "=", state);
    if (dueMs !== undefined) query = query.where("run_at_ms", "<=", dueMs);
    return (await query.execute()).map(jobOf);
  }

  async retry(id: string): Promise<boolean> {
    const rows = await this.#database
      .updateTable("jobs")
      .set({ state: "queued", attempts: 0, run_at_ms: 0, lease_until_ms: null })
      .where("id", "=", Number(id))
      .where("state", "in", ["queued", "failed"])
      .returning("id")
      .execute();
    for (const wake of this.#wake) wake();
    return rows.length > 0;
  }

  async cancel(id: string): Promise<boolean> {
    const rows = await this.#database
      .deleteFrom("jobs")
      .where("id", "=", Number(id))
      .where("state", "in", ["queued", "failed"])
      .returning("id")
      .execute();
    return rows.length > 0;
  }

  /**
   * Takes the next job that is due, or whose holder is dead. The caller is not: what it holds itself stays its own, though
   * the clock went on while it slept. What was put off, or is held, for longer than anything ever is was so while the clock was
   * ahead, and is due.
   */
  async claim(names: readonly string[], { nowMs, leaseMs, held }: ClaimOptions): Promise<JobRow | undefined> {
    const isFree = sql<boolean>`(lease_until_ms <= ${nowMs} or lease_until_ms > ${nowMs + 2 * leaseMs})
      and id not in (${held.length === 0 ? sql.lit(0) : sql.join(held)})`;
    await this.#failAbandoned(isFree);
    return await this.#database
      .updateTable("jobs")
      // Without its key, another job may wait while this one runs.
      .set({ state: "running", attempts: sql`attempts + 1`, lease_until_ms: nowMs + leaseMs, key: null })
      .where("id", "=", ({ selectFrom }) =>
        selectFrom("jobs")
          .select("id")
          .where("name", "in", names)
          .where(isFirstInLine)
          .where(({ and, eb, or }) =>
            or([
              and([eb("state", "=", "queued"), eb("run_at_ms", "<=", nowMs)]),
              and([
                eb("state", "=", "queued"),
                eb("attempts", ">", 0),
                eb("run_at_ms", ">", nowMs + pauseAfter(Number.POSITIVE_INFINITY)),
              ]),
              and([eb("state", "=", "running"), isFree]),
            ]),
          )
          .orderBy("priority")
          .orderBy("run_at_ms")
          .orderBy("id")
          .limit(1),
      )
      .returningAll()
      .executeTakeFirst();
  }

  /** Keeps the job for longer. */
  async extend({ id, attempts }: JobRow, untilMs: number): Promise<void> {
    await this.#database
      .updateTable("jobs")
      .set({ lease_until_ms: untilMs })
      .where("id", "=", id)
      .where("attempts", "=", attempts)
      .where("state", "=", "running")
      .execute();
  }

  async finish(job: JobRow): Promise<void> {
    await this.#end(job, { state: "done", error: null });
    await this.#database
      .deleteFrom("jobs")
      .where("state", "=", "done")
      .where("id", "<=", job.id - KEPT_DONE)
      .execute();
  }

  async fail(job: JobRow, thrown: unknown, nowMs: number): Promise<void> {
    const error = messageOf(thrown).slice(0, MAX_ERROR_LENGTH);
    if (job.attempts >= job.max_attempts) return await this.#end(job, { state: "failed", error });
    await this.#end(job, { state: "queued", error, run_at_ms: nowMs + pauseAfter(job.attempts) });
  }

  async #end(
    { id, attempts }: JobRow,
    columns: { readonly state: string; readonly error: string | null; readonly run_at_ms?: number },
  ): Promise<void> {
    await this.#database
      .updateTable("jobs")
      .set({ ...columns, lease_until_ms: null })
      .where("id", "=", id)
      .where("attempts", "=", attempts)
      .where("state", "=", "running")
      .execute();
  }

  /** A job that has killed its worker as often as it may fail is not begun again. */
  async #failAbandoned(isFree: RawBuilder<boolean>): Promise<void> {
    await this.#database
      .updateTable("jobs")
      .set({ state: "failed", lease_until_ms: null, error: "the worker died" })
      .where("state", "=", "running")
      .where(isFree)
      .whereRef("attempts", ">=", "max_attempts")
      .execute();
  }
}

const timeUnlessFailed = sql<number>`case when jobs.attempts = 0 then jobs.run_at_ms else excluded.run_at_ms end`;

/** Nobody runs another job of its line; whoever did so and is dead is tried again first. */
const isFirstInLine = sql<boolean>`(jobs.line is null or not exists (
  select 1 from jobs as other
  where other.state = 'running' and other.line = jobs.line and other.id <> jobs.id))`;
