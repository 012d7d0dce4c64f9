import { DatabaseSync } from "node:sqlite";
import type { Acknowledgement, LogHead, RecordBatch } from "../record-bus.ts";
import { NO_RECORDS, placeBatch } from "../place-batch.ts";

/** Where records end up in these tests: a table that outlives the process, and takes no record twice. */
export class RecordTable implements Disposable {
  readonly #database: DatabaseSync;

  constructor(file: string) {
    this.#database = new DatabaseSync(file, { timeout: 10_000 });
    this.#database.exec("pragma journal_mode = wal");
    this.#database.exec(`create table if not exists records
      (log text, sequence integer, hash text, host text, primary key (log, sequence)) without rowid`);
  }

  head(logId: string): LogHead | undefined {
    const row = this.#database
      .prepare("select sequence, hash, host from records where log = ? order by sequence desc limit 1")
      .get(logId);
    return row && { acknowledged: Number(row.sequence), lastHash: String(row.hash), host: String(row.host) };
  }

  append({ logId, host, records }: RecordBatch): Acknowledgement {
    this.#database.exec("begin immediate");
    try {
      const head = this.head(logId) ?? NO_RECORDS;
      const placed = placeBatch(records, head);
      const fresh = placed.kind === "fits" ? placed.fresh : [];
      const insert = this.#database.prepare("insert into records values (?, ?, ?, ?)");
      for (const { sequence, hash } of fresh) insert.run(logId, sequence, hash, host);
      this.#database.exec("commit");
      const kind = placed.kind === "fits" || placed.kind === "older" ? "stored" : placed.kind;
      return { kind, acknowledged: fresh.at(-1)?.sequence ?? head.acknowledged };
    } catch (thrown) {
      this.#database.exec("rollback");
      throw thrown;
    }
  }

  hashes(logId: string): readonly string[] {
    const rows = this.#database.prepare("select hash from records where log = ? order by sequence").all(logId);
    return rows.map(({ hash }) => String(hash));
  }

  forgetAfter(logId: string, sequence: number): void {
    this.#database.prepare("delete from records where log = ? and sequence > ?").run(logId, sequence);
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
