import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type QueryResult,
  SelectQueryNode,
  type TransactionSettings,
} from "kysely";
import type { SqliteReaders } from "./sqlite-readers.ts";

/**
 * One connection that writes, for one at a time, and readers beside it: who asks a question outside of a transaction
 * does not wait for those who write. What has been stored before the question is in its answer.
 */
export class ReadingDriver implements Driver {
  readonly #writer: Driver;
  readonly #readers: SqliteReaders;
  #turn: Promise<void> = Promise.resolve();

  constructor(writer: Driver, readers: SqliteReaders) {
    this.#writer = writer;
    this.#readers = readers;
  }

  async init(): Promise<void> {
    await this.#writer.init();
  }

  async acquireConnection(): Promise<RoutedConnection> {
    return new RoutedConnection(this.#readers, () => this.#takeWriter());
  }

  async releaseConnection(connection: RoutedConnection): Promise<void> {
    connection.release();
  }

  async beginTransaction(connection: RoutedConnection, settings: TransactionSettings): Promise<void> {
    await this.#writer.beginTransaction(await connection.toWriter(), settings);
  }

  async commitTransaction(connection: RoutedConnection): Promise<void> {
    await this.#writer.commitTransaction(await connection.toWriter());
  }

  async rollbackTransaction(connection: RoutedConnection): Promise<void> {
    await this.#writer.rollbackTransaction(await connection.toWriter());
  }

  async destroy(): Promise<void> {
    await this.#readers.close();
    await this.#writer.destroy();
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

interface HeldWriter {
  readonly connection: DatabaseConnection;
  readonly giveBack: () => void;
}

/** A connection that reads until it has to write, and then writes until it is released. */
class RoutedConnection implements DatabaseConnection {
  readonly #readers: SqliteReaders;
  readonly #takeWriter: () => Promise<HeldWriter>;
  #held: HeldWriter | undefined;

  constructor(readers: SqliteReaders, takeWriter: () => Promise<HeldWriter>) {
    this.#readers = readers;
    this.#takeWriter = takeWriter;
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    if (this.#held === undefined && SelectQueryNode.is(query.query)) {
      const rows = await this.#readers.execute(query.sql, query.parameters);
      // Rows are what the query's type says: the promise of every driver.
      return { rows: rows as Row[] };
    }
    return await (await this.toWriter()).executeQuery<Row>(query);
  }

  async *streamQuery<Row>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<Row>> {
    yield* (await this.toWriter()).streamQuery<Row>(query, chunkSize);
  }

  async toWriter(): Promise<DatabaseConnection> {
    this.#held ??= await this.#takeWriter();
    return this.#held.connection;
  }

  release(): void {
    this.#held?.giveBack();
    this.#held = undefined;
  }
}
