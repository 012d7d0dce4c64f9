import { setImmediate } from "node:timers/promises";
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type QueryResult,
  RawNode,
  SelectQueryNode,
  type TransactionSettings,
} from "kysely";
import type { SqliteReaders } from "./sqlite-readers.ts";
import type { WalSync } from "./wal-sync.ts";

/** How often what the log holds is carried over into the database. */
const CHECKPOINT_MS = 1000;
/** Of 4 KiB each. What is beyond the last passive checkpoint is carried over while writers wait: some milliseconds. */
const MAX_LOG_PAGES = 8192;
/** Who writes for longer lets those have their turn in between who do not write: a transaction may be a hundred statements. */
const AT_A_STRETCH_MS = 4;
const BEGINS_WITH_SELECT = /^\s*select\s/iu;

export interface ReadingDriverParts {
  /** Commits without flushing. */
  readonly writer: Driver;
  readonly readers: SqliteReaders;
  readonly sync: WalSync;
}

/**
 * One connection that writes, for one at a time, and readers beside it: who asks a question outside of a transaction
 * does not wait for those who write. What has been stored before the question is in its answer. Who writes hears of it
 * when it is on the disk; the next may write before that, and an answer may tell of it before that.
 */
export class ReadingDriver implements Driver {
  readonly #writer: Driver;
  readonly #readers: SqliteReaders;
  readonly #sync: WalSync;
  readonly #checkpoints: NodeJS.Timeout;
  #turn: Promise<void> = Promise.resolve();
  #carriedOver = 0;

  constructor({ writer, readers, sync }: ReadingDriverParts) {
    this.#writer = writer;
    this.#readers = readers;
    this.#sync = sync;
    this.#checkpoints = setInterval(() => void this.#checkpoint(), CHECKPOINT_MS).unref();
  }

  async init(): Promise<void> {
    await this.#writer.init();
  }

  async acquireConnection(): Promise<RoutedConnection> {
    return new RoutedConnection(this.#readers, this.#sync, () => this.#takeWriter());
  }

  async releaseConnection(connection: RoutedConnection): Promise<void> {
    connection.release();
  }

  async beginTransaction(connection: RoutedConnection, settings: TransactionSettings): Promise<void> {
    await this.#writer.beginTransaction(await connection.toWriter(), settings);
    connection.inTransaction = true;
  }

  async commitTransaction(connection: RoutedConnection): Promise<void> {
    await this.#writer.commitTransaction(await connection.toWriter());
    this.#sync.committed();
    connection.release();
    await this.#sync.durable();
  }

  async rollbackTransaction(connection: RoutedConnection): Promise<void> {
    await this.#writer.rollbackTransaction(await connection.toWriter());
  }

  async destroy(): Promise<void> {
    clearInterval(this.#checkpoints);
    await this.#readers.close();
    await this.#sync.close();
    await this.#writer.destroy();
  }

  /** One that cannot be done, on a full disk for instance, is done at the next: the log holds everything meanwhile. */
  async #checkpoint(): Promise<void> {
    const { commits } = this.#sync;
    if (commits === this.#carriedOver) return;
    this.#carriedOver = commits;
    try {
      const pages = await this.#readers.checkpoint("passive");
      if (pages > MAX_LOG_PAGES) await this.#beginLogAnew();
    } catch {
      this.#carriedOver = 0;
    }
  }

  /** While somebody writes all the time, the log would grow for ever: it begins anew only when it is carried over whole. */
  async #beginLogAnew(): Promise<void> {
    const { giveBack } = await this.#takeWriter();
    try {
      await this.#readers.checkpoint("restart");
    } finally {
      giveBack();
    }
  }

  /** Waits for the turn to write, which lasts until it is given back. */
  async #takeWriter(): Promise<HeldWriter> {
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    await before;
    const connection = await this.#writer.acquireConnection();
    return { connection, giveBack: resolve };
  }
}

/** A statement that begins with SELECT writes nothing (https://www.sqlite.org/lang_select.html). */
function onlyReads({ query, sql }: CompiledQuery): boolean {
  return SelectQueryNode.is(query) || (RawNode.is(query) && BEGINS_WITH_SELECT.test(sql));
}

interface HeldWriter {
  readonly connection: DatabaseConnection;
  readonly giveBack: () => void;
}

/** A connection that reads until it has to write, and then writes until it is released. */
class RoutedConnection implements DatabaseConnection {
  readonly #readers: SqliteReaders;
  readonly #sync: WalSync;
  readonly #takeWriter: () => Promise<HeldWriter>;
  #held: HeldWriter | undefined;
  /** When it began to write, or went on. */
  #since = 0;
  inTransaction = false;

  constructor(readers: SqliteReaders, sync: WalSync, takeWriter: () => Promise<HeldWriter>) {
    this.#readers = readers;
    this.#sync = sync;
    this.#takeWriter = takeWriter;
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    if (this.#held === undefined && onlyReads(query)) {
      const rows = await this.#readers.execute(query.sql, query.parameters);
      // Rows are what the query's type says: the promise of every driver.
      return { rows: rows as Row[] };
    }
    const writer = await this.toWriter();
    await this.#letOthers();
    const result = await writer.executeQuery<Row>(query);
    if (!this.inTransaction) {
      this.#sync.committed();
      await this.#sync.durable();
    }
    return result;
  }

  async *streamQuery<Row>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<Row>> {
    yield* (await this.toWriter()).streamQuery<Row>(query, chunkSize);
  }

  async toWriter(): Promise<DatabaseConnection> {
    if (this.#held === undefined) {
      this.#held = await this.#takeWriter();
      this.#since = performance.now();
    }
    return this.#held.connection;
  }

  /** Nobody else writes meanwhile, and who reads sees what was stored before the transaction. */
  async #letOthers(): Promise<void> {
    if (performance.now() - this.#since < AT_A_STRETCH_MS) return;
    await setImmediate();
    this.#since = performance.now();
  }

  release(): void {
    this.#held?.giveBack();
    this.#held = undefined;
    this.inTransaction = false;
  }
}
