import type { SqliteDatabase } from "kysely";
import { QueryCosts } from "./query-costs.ts";
import { startTiming } from "./query-time.ts";
import { type Checkpoint, checkpoints } from "./reader-requests.ts";
import { ReaderThread } from "./reader-thread-client.ts";
import { openSqliteReader } from "./sqlite-database.ts";

/**
 * Answers questions to a database that somebody else writes. What is answered in no time is answered here, all else by
 * threads: a list of a large fleet keeps nobody waiting but who asked for it.
 */
export class SqliteReaders {
  readonly #file: string;
  readonly #threads: readonly ReaderThread[];
  /** One by itself: what it carries over takes as long as the disk likes, and nobody who reads waits behind it. */
  readonly #carrier: ReaderThread;
  readonly #costs = new QueryCosts();
  #here: SqliteDatabase | undefined;

  constructor(file: string, threads: number) {
    this.#file = file;
    this.#threads = Array.from({ length: threads }, () => new ReaderThread(file));
    this.#carrier = new ReaderThread(file);
  }

  /** Throws StoreError. */
  async execute(sql: string, parameters: readonly unknown[]): Promise<readonly unknown[]> {
    const [first, ...others] = this.#threads;
    if (first === undefined || this.#costs.isLight(sql)) {
      const took = startTiming();
      this.#here ??= openSqliteReader(this.#file);
      const rows = this.#here.prepare(sql).all(parameters);
      this.#costs.note(sql, took());
      return rows;
    }
    const thread = others.reduce((least, each) => (each.waiting < least.waiting ? each : least), first);
    const { rows, took } = await thread.execute(sql, parameters);
    this.#costs.note(sql, took);
    return rows;
  }

  /** Carries what the log holds over into the database. Gives how many pages the log is long. */
  async checkpoint(kind: Checkpoint): Promise<number> {
    const { rows } = await this.#carrier.execute(checkpoints[kind], []);
    return Number(rows[0]?.log ?? 0);
  }

  async close(): Promise<void> {
    this.#here?.close();
    await Promise.all([...this.#threads, this.#carrier].map((thread) => thread.close()));
  }
}
