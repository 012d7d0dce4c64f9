import { DatabaseSync } from "node:sqlite";
import { NotifyError } from "../errors.ts";
import type { CursorStore } from "../export/export-sink.ts";
import type { PendingChange, PendingEntry, PendingStore } from "../pending-store.ts";

const BUSY_TIMEOUT_MS = 5000;
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS pending (id TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS cursor (name TEXT PRIMARY KEY, sequence INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`;

/** Keeps what is pending, and how far exports have come, in a SQLite file of its own. */
export class SqliteStore implements PendingStore, CursorStore, Disposable {
  readonly #database: DatabaseSync;

  /** The directory must be there, and be closed to others: notifications are in the file as they are. */
  constructor(file: string) {
    this.#database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
    // FULL: what was committed survives a power cut as well.
    this.#database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; ${SCHEMA}`);
  }

  async load(): Promise<readonly PendingEntry[]> {
    const rows = this.#database.prepare("SELECT id, value FROM pending ORDER BY id").all();
    return rows.map(({ id, value }) => ({ id: String(id), value: String(value) }));
  }

  async commit({ put, remove }: PendingChange): Promise<void> {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const upsert = this.#database.prepare("INSERT OR REPLACE INTO pending (id, value) VALUES (?, ?)");
      for (const { id, value } of put) upsert.run(id, value);
      const erase = this.#database.prepare("DELETE FROM pending WHERE id = ?");
      for (const id of remove) erase.run(id);
      this.#database.exec("COMMIT");
    } catch (thrown) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw thrown;
    }
  }

  async loadCursor(name: string): Promise<number> {
    const row = this.#database.prepare("SELECT sequence FROM cursor WHERE name = ?").get(name);
    if (row === undefined) return 0;
    const { sequence } = row;
    if (typeof sequence === "number" && sequence >= 0) return sequence;
    throw new NotifyError("PENDING_DAMAGED", `cursor ${JSON.stringify(name)} is not a sequence number`);
  }

  async saveCursor(name: string, sequence: number): Promise<void> {
    this.#database
      .prepare("INSERT OR REPLACE INTO cursor (name, sequence) VALUES (?, ?)")
      .run(name, sequence);
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
