import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from "kysely";
import { type ClientConfig, Pool, type PoolClient, types } from "pg";
import { isReadOnly, storeErrorOf } from "./postgres-error.ts";
import { Primary, PrimaryClient } from "./primary.ts";

/** Where a PostgreSQL database is, and how long to wait for it. */
export interface PostgresOptions {
  /**
   * `postgres://USER:PASSWORD@HOST:PORT/DATABASE`; `?host=/DIRECTORY` for a Unix socket, `?sslmode=verify-full` for a
   * server that has to prove its name. It may name several servers, as libpq takes them (`HOST:PORT,HOST:PORT`): the
   * one that takes writes is meant.
   */
  readonly url: string;
  /** 10 where it is absent. */
  readonly maxConnections?: number;
  /** 30 000 where it is absent. */
  readonly statementTimeoutMs?: number;
  /** 5 000 where it is absent. */
  readonly connectTimeoutMs?: number;
}

export const MAX_CONNECTIONS = 10;
const STATEMENT_TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 5_000;
const IDLE_TIMEOUT_MS = 30_000;
/** A server that hangs inside a transaction must not hold the others' lock for ever. */
const IDLE_IN_TRANSACTION_MS = 60_000;

/** What all connections of a store go to. */
export function primaryOf(options: PostgresOptions): Primary {
  const { url, statementTimeoutMs = STATEMENT_TIMEOUT_MS, connectTimeoutMs = CONNECT_TIMEOUT_MS } = options;
  return new Primary(url, {
    application_name: "pratique",
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    lock_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    keepAlive: true,
    types: { getTypeParser },
  });
}

export interface PoolOptions {
  readonly maxConnections: number;
  /** As for every other connection where it is absent. */
  readonly statementTimeoutMs?: number;
}

/** Opens connections as they are needed, and no more than allowed. */
export function openPool(primary: Primary, { maxConnections, statementTimeoutMs }: PoolOptions): Pool {
  const pool = new Pool({
    ...primary.config,
    ...(statementTimeoutMs !== undefined && {
      statement_timeout: statementTimeoutMs,
      lock_timeout: statementTimeoutMs,
    }),
    max: maxConnections,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    Client: class extends PrimaryClient {
      constructor(config: ClientConfig = primary.config) {
        super(primary, config);
      }
    },
  });
  // A connection that breaks while nobody uses it is replaced by the next that is asked for; that one reports.
  pool.on("error", () => undefined);
  // One that breaks in use fails the query that waits for it, which reports too.
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}

/** The pool as Kysely expects it, with errors that have our names. */
export function namedPool(pool: Pool): PostgresPool {
  return {
    options: pool.options,
    end: () => pool.end(),
    connect: async () => namedClient(await pool.connect().catch(fail)),
  };
}

/** One per connection: Kysely remembers connections by their identity. */
const named = new WeakMap<PoolClient, PostgresPoolClient>();

function namedClient(client: PoolClient): PostgresPoolClient {
  const known = named.get(client);
  if (known !== undefined) return known;
  function query<Row>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<Row>>;
  function query<Row>(cursor: PostgresCursor<Row>): PostgresCursor<Row>;
  function query(text: unknown, values: readonly unknown[] = []): unknown {
    if (typeof text !== "string") throw new TypeError("no cursors are configured");
    return client.query(text, values.map(inputOf)).catch((thrown: unknown) => {
      // It was the primary when the connection was made, and is none any more.
      if (isReadOnly(thrown) && client instanceof PrimaryClient) client.drop();
      return fail(thrown);
    });
  }
  const made: PostgresPoolClient = { query, release: (destroy) => client.release(destroy) };
  named.set(client, made);
  return made;
}

function fail(thrown: unknown): never {
  throw storeErrorOf(thrown);
}

/** PostgreSQL's text cannot hold the character zero, which images may have in any name. */
function inputOf(value: unknown): unknown {
  return typeof value === "string" ? value.replaceAll("\0", "\uFFFD") : value;
}

const INT8 = 20;
const NUMERIC = 1700;

/**
 * Reads counts and sums as numbers, as SQLite gives them; the driver would give texts. All that is counted here
 * stays below 2^53.
 */
function getTypeParser(oid: number, format?: "text" | "binary"): (value: string) => unknown {
  return oid === INT8 || oid === NUMERIC ? Number : types.getTypeParser(oid, format);
}
