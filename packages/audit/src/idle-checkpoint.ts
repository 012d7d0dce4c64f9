import type { DatabaseSync } from "node:sqlite";
import { KiB, MiB } from "@pratique/core";

/** How long nothing must have been appended: longer than it takes from a container's creation to its start. */
const IDLE_MS = 100;
/** So much in the write-ahead log is worth a checkpoint: few milliseconds of one. */
const WORTHWHILE_BYTES = MiB;
/** What one append writes at least: a page each of the records and the head. */
const APPEND_BYTES = 12 * KiB;
/** Where there is no idle moment, an append makes the checkpoint once the write-ahead log has so many pages. */
const PAGES_WITHOUT_IDLE = 4000;

/**
 * Moves what was appended from the write-ahead log into the database while nobody waits. SQLite does it by itself
 * within every few hundredth commit, which then takes ten times as long: the longest wait of all launches.
 *
 * A checkpoint changes nothing about what is durable: records are flushed with their commit.
 */
export class IdleCheckpoint implements Disposable {
  readonly #database: DatabaseSync;
  /** What earlier processes left is unknown, so that the first idle moment is used. */
  #pendingBytes = WORTHWHILE_BYTES;
  #timer: NodeJS.Timeout | undefined;

  constructor(database: DatabaseSync) {
    this.#database = database;
    database.exec(`PRAGMA wal_autocheckpoint = ${PAGES_WITHOUT_IDLE}`);
  }

  /** Takes note of an append of so many characters of data. */
  appended(dataChars: number): void {
    this.#pendingBytes += APPEND_BYTES + dataChars;
    if (this.#pendingBytes < WORTHWHILE_BYTES) return;
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.#run(), IDLE_MS).unref();
    else this.#timer.refresh();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #run(): void {
    this.#timer = undefined;
    try {
      this.#database.exec("PRAGMA wal_checkpoint(PASSIVE)");
      this.#pendingBytes = 0;
    } catch {
      // The records stay where they are, and the next append brings another try.
    }
  }
}
