import { DatabaseSync } from "node:sqlite";
import { toAuditError } from "../errors.ts";

/** SQLite's primary result code (sqlite.org/rescode.html) for a lock that somebody else holds. */
const SQLITE_BUSY = 5;

/**
 * Lets one process at a time do something, by the lock of an SQLite file: the system frees it when its holder dies,
 * however it dies, and it works wherever the file is on one host. Nothing is ever written to the file.
 */
export class ProcessLock implements Disposable {
  readonly #database: DatabaseSync;

  constructor(file: string) {
    this.#database = new DatabaseSync(file, { timeout: 0 });
    // With no journal on the disk, taking the lock touches no file but this one.
    this.#database.exec("PRAGMA journal_mode = MEMORY");
  }

  /** Takes the lock, to be kept until disposal or until this process ends; false when somebody else has it. */
  tryAcquire(): boolean {
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      return true;
    } catch (thrown) {
      const busy = thrown instanceof Error && "errcode" in thrown && thrown.errcode === SQLITE_BUSY;
      if (busy) return false;
      throw toAuditError(thrown, "the lock of the log cannot be taken");
    }
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
