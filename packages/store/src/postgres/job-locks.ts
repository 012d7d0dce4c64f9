import { Client, type QueryResult, type QueryResultRow } from "pg";
import { storeErrorOf } from "./postgres-error.ts";
import { clientConfigOf, type PostgresOptions } from "./postgres-pool.ts";

/** The first half of the advisory locks' keys of jobs: another than that of the store's own locks. */
const LOCK_SPACE = 0x70_72_6a_62;

interface JobLocksOptions {
  readonly onError: (thrown: unknown) => void;
  /** How often to look for jobs whose worker is dead. A job that was taken later than this ago is let be. */
  readonly checkMs: number;
}

/**
 * Shows that jobs are being worked at: for each, an advisory lock is held by a connection, which ends with its
 * process however that ends. A job that is taken, and whose lock is free, has lost its worker; it is given back.
 */
export class JobLocks {
  readonly #options: PostgresOptions;
  readonly #onError: (thrown: unknown) => void;
  readonly #checkMs: number;
  readonly #held = new Set<string>();
  #client: Promise<Client> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #checking: Promise<void> = Promise.resolve();
  #asking: Promise<unknown> = Promise.resolve();

  constructor(options: PostgresOptions, { onError, checkMs }: JobLocksOptions) {
    this.#options = options;
    this.#onError = onError;
    this.#checkMs = checkMs;
  }

  async start(): Promise<void> {
    await this.#connected();
    this.#timer = setInterval(() => {
      this.#checking = this.#freeAbandoned().catch(this.#onError);
    }, this.#checkMs);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#checking;
    const client = await this.#client?.catch(() => undefined);
    await client?.end().catch(() => undefined);
  }

  /** Does the work of a job while the job's lock is held. */
  async hold(id: string, work: () => Promise<void>): Promise<void> {
    const client = await this.#connected();
    await this.#ask(client, "select pg_advisory_lock($1, $2)", keyOf(id));
    this.#held.add(id);
    try {
      await work();
    } finally {
      this.#held.delete(id);
      // A connection that has broken since has given up its locks itself.
      await this.#ask(client, "select pg_advisory_unlock($1, $2)", keyOf(id)).catch(() => undefined);
    }
  }

  async #freeAbandoned(): Promise<void> {
    const client = await this.#connected();
    const { rows } = await this.#ask<{ id: number; locked_by: string }>(
      client,
      "select id, locked_by from graphile_worker.jobs where locked_at < now() - $1 * interval '1 millisecond'",
      [this.#checkMs],
    );
    for (const { id, locked_by: worker } of rows) {
      // Our own connection would be given our own locks a second time.
      if (this.#held.has(String(id))) continue;
      const key = keyOf(String(id));
      const lock = await this.#ask<{ free: boolean }>(
        client,
        "select pg_try_advisory_lock($1, $2) as free",
        key,
      );
      if (lock.rows[0]?.free !== true) continue;
      await this.#ask(client, "select graphile_worker.force_unlock_workers(array[$1::text])", [worker]);
      await this.#ask(client, "select pg_advisory_unlock($1, $2)", key);
    }
  }

  /** Asks one question after the other, for that is all that a connection can do. */
  #ask<Row extends QueryResultRow>(
    client: Client,
    text: string,
    values: readonly unknown[],
  ): Promise<QueryResult<Row>> {
    const answer = this.#asking.then(() => client.query<Row>(text, [...values]));
    this.#asking = answer.catch(() => undefined);
    return answer;
  }

  /** Connects anew where the connection was lost; the jobs that are being done may then be done a second time. */
  #connected(): Promise<Client> {
    this.#client ??= this.#connect();
    return this.#client;
  }

  async #connect(): Promise<Client> {
    const client = new Client(clientConfigOf(this.#options));
    const forget = () => {
      this.#client = undefined;
    };
    client.on("error", forget);
    client.on("end", forget);
    try {
      await client.connect();
    } catch (thrown) {
      forget();
      throw storeErrorOf(thrown);
    }
    return client;
  }
}

/** Ids that are 2^31 apart share a lock, which costs the later one a wait. */
function keyOf(id: string): [number, number] {
  return [LOCK_SPACE, Number(id) % 2 ** 31];
}
