import type { Client } from "pg";
import { storeErrorOf } from "./postgres-error.ts";
import { type Primary, PrimaryClient } from "./primary.ts";

/** The first half of the advisory locks' keys of workers: another than that of the store's own locks. */
const LOCK_SPACE = 0x70_72_6a_62;

interface WorkerLockOptions {
  readonly onError: (thrown: unknown) => void;
  /** After how long without a sign of life a worker counts as dead. */
  readonly leaseMs: number;
}

/** A worker that holds no lock. */
interface Abandoned {
  readonly worker: string;
  /** Its jobs whose key another job has taken since: the library would keep them as failed for good. */
  readonly replaced: readonly number[] | null;
}

/**
 * Shows that a worker lives, by an advisory lock under its name. The connection that holds it ends with the worker's
 * process, however that ends, and the database itself ends it when nothing was heard on it for the time of a lease: the
 * process stands still, or its host is gone. What a worker without its lock has taken is given back.
 */
export class WorkerLock {
  readonly #primary: Primary;
  readonly #onError: (thrown: unknown) => void;
  readonly #leaseMs: number;
  #worker = "";
  #client: Promise<Client> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> = Promise.resolve();

  constructor(primary: Primary, { onError, leaseMs }: WorkerLockOptions) {
    this.#primary = primary;
    this.#onError = onError;
    this.#leaseMs = leaseMs;
  }

  /** Holds the lock of a worker, named as in the jobs that it takes, and gives back what dead workers have taken. */
  hold(worker: string): void {
    this.#worker = worker;
    this.#beat();
    this.#timer = setInterval(() => this.#beat(), this.#leaseMs / 3);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#beating;
    const client = await this.#client?.catch(() => undefined);
    await client?.end().catch(() => undefined);
  }

  #beat(): void {
    this.#beating = this.#beating.then(() => this.#freeAbandoned()).catch(this.#onError);
  }

  /** A worker that has taken its first job a moment ago may not hold its lock yet. */
  async #freeAbandoned(): Promise<void> {
    const client = await this.#connected();
    const { rows } = await client.query<Abandoned>(
      `select worker, replaced from (
        select locked_by as worker, array_agg(id)
          filter (where key is null and attempts >= max_attempts and updated_at > locked_at) as replaced
        from graphile_worker.jobs
        where locked_at < now() - $1 * interval '1 millisecond' and locked_by <> $2
        group by locked_by
      ) as workers where pg_try_advisory_xact_lock($3, hashtext(worker))`,
      [this.#leaseMs / 3, this.#worker, LOCK_SPACE],
    );
    if (rows.length === 0) return;
    const workers = rows.map(({ worker }) => worker);
    await client.query("select graphile_worker.force_unlock_workers($1::text[])", [workers]);
    const replaced = rows.flatMap((row) => row.replaced ?? []);
    await client.query("select graphile_worker.complete_jobs($1::bigint[])", [replaced]);
  }

  #connected(): Promise<Client> {
    this.#client ??= this.#connect();
    return this.#client;
  }

  /** Connects anew, at once where the connection was lost: what the worker is at may be another's by now. */
  async #connect(): Promise<Client> {
    const client = new PrimaryClient(this.#primary);
    const forget = () => {
      this.#client = undefined;
    };
    client.on("error", forget);
    client.on("end", forget);
    try {
      await client.connect();
      // PostgreSQL has it since version 14; before, a worker is dead when its connection is.
      await client.query(
        "select set_config(name, $1, false) from pg_settings where name = 'idle_session_timeout'",
        [String(this.#leaseMs)],
      );
      await client.query("select pg_advisory_lock($1, hashtext($2))", [LOCK_SPACE, this.#worker]);
    } catch (thrown) {
      forget();
      await client.end().catch(() => undefined);
      throw storeErrorOf(thrown);
    }
    client.once("end", () => {
      if (this.#timer !== undefined) this.#beat();
    });
    return client;
  }
}
