import { randomUUID, sign } from "node:crypto";
import { chmodSync, mkdirSync, statSync } from "node:fs";
import path from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import {
  type AppendOptions,
  type AuditEvent,
  type AuditRecord,
  type AuditSink,
  type Digest,
  isDigest,
  KiB,
  MAX_RECORD_NAME,
  MiB,
} from "@pratique/core";
import { AuditError, toAuditError } from "./errors.ts";
import { beginningPreimage, GENESIS, hashRecord, headPreimage } from "./hash.ts";
import { IdleCheckpoint } from "./idle-checkpoint.ts";
import { openSigningKey, type SigningKey } from "./keys.ts";
import { LaterFlush } from "./later-flush.ts";
import { refuseMissing } from "./refuse-missing.ts";
import { type Row, readRecord } from "./row.ts";

/** What is larger belongs into the evidence store, and its digest into the record. */
const MAX_DATA_BYTES = 256 * KiB;
/** How long a writer waits for another process's append. */
const BUSY_TIMEOUT_MS = 5000;
const MAX_PAGE = 10_000;
/** In one transaction, for which who appends has to wait. */
const FORGOTTEN_AT_ONCE = 1000;
/** What a write-ahead log holds that is emptied in time. */
const PREALLOCATED_BYTES = 4 * MiB;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS log (
    id INTEGER PRIMARY KEY CHECK (id = 1), log_id TEXT NOT NULL, public_key TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS record (
    sequence INTEGER PRIMARY KEY, time TEXT NOT NULL, class TEXT NOT NULL, action TEXT NOT NULL,
    actor TEXT NOT NULL, data TEXT NOT NULL, previous_hash TEXT NOT NULL, hash TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS head (
    id INTEGER PRIMARY KEY CHECK (id = 1), sequence INTEGER NOT NULL, hash TEXT NOT NULL, signature TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS beginning (
    id INTEGER PRIMARY KEY CHECK (id = 1), sequence INTEGER NOT NULL, hash TEXT NOT NULL, signature TEXT NOT NULL
  ) STRICT;
`;

export interface AuditLogOptions {
  /** Holds `log.sqlite` and `key.pem`; made with mode 0700 where it is missing. */
  readonly directory: string;
  readonly now: () => Date;
  /**
   * For a process that keeps the log open and whose appends somebody waits for: makes room for records beforehand,
   * and moves them from the write-ahead log into the database between appends instead of within one.
   */
  readonly preallocate?: boolean;
  /** The log is never made larger than this, in bytes: an append that needs more throws `DISK_FULL`. */
  readonly maxBytes?: number;
}

/** The end of a log: enough to notice later that anything before it was changed or taken away. */
export interface Head {
  readonly logId: string;
  readonly sequence: number;
  readonly hash: string;
}

/**
 * The append-only log of one host. Each record holds the hash of the one before, and the head is signed with a
 * key that lies outside of the database.
 *
 * Several processes may append at once; each append is one transaction, flushed to the disk before it returns unless
 * the caller can do without.
 */
export class AuditLog implements AuditSink, Disposable {
  readonly logId: string;
  readonly publicKey: string;
  readonly #database: DatabaseSync;
  readonly #key: SigningKey;
  readonly #now: () => Date;
  readonly #selectHead: StatementSync;
  readonly #insert: StatementSync;
  readonly #updateHead: StatementSync;
  readonly #checkpoint: IdleCheckpoint | undefined;
  readonly #laterFlush: LaterFlush;
  #flushesAtCommit = true;

  constructor(options: AuditLogOptions) {
    this.#now = options.now;
    try {
      mkdirSync(options.directory, { recursive: true, mode: 0o700 });
      this.#key = openSigningKey(options.directory);
      const file = path.join(options.directory, "log.sqlite");
      this.#database = openDatabase(file);
      this.#laterFlush = new LaterFlush(`${file}-wal`);
      if (options.maxBytes !== undefined) limitSize(this.#database, options.maxBytes);
      if (options.preallocate === true) {
        preallocate(this.#database, file);
        this.#checkpoint = new IdleCheckpoint(this.#database);
      }
      const row = identify(this.#database, this.#key.publicKey);
      this.logId = row.logId;
      this.publicKey = row.publicKey;
      this.#selectHead = this.#database.prepare("SELECT sequence, hash FROM head WHERE id = 1");
      this.#insert = this.#database.prepare("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
      this.#updateHead = this.#database.prepare("INSERT OR REPLACE INTO head VALUES (1, ?, ?, ?)");
    } catch (thrown) {
      throw toAuditError(thrown, "the audit log cannot be opened");
    }
  }

  /** Adds one record. Throws `DISK_FULL`, `EVENT_TOO_LARGE` or `LOG_UNWRITABLE`; nothing is then in the log. */
  append(event: AuditEvent, { flush = true }: AppendOptions = {}): AuditRecord {
    const data = JSON.stringify(event.data);
    // A server takes none that is longer, and none after it.
    if (event.action.length > MAX_RECORD_NAME || event.actor.length > MAX_RECORD_NAME) {
      const shown = JSON.stringify(event.actor.slice(0, 80));
      throw new AuditError(
        "EVENT_TOO_LARGE",
        `the action or the actor ${shown} is over ${MAX_RECORD_NAME} characters`,
      );
    }
    if (Buffer.byteLength(data) > MAX_DATA_BYTES) {
      throw new AuditError(
        "EVENT_TOO_LARGE",
        `the data of ${JSON.stringify(event.action)} are over ${MAX_DATA_BYTES} bytes`,
      );
    }
    try {
      if (flush !== this.#flushesAtCommit) this.#setFlush(flush);
      this.#database.exec("BEGIN IMMEDIATE");
      try {
        const record = this.#link(event, data);
        this.#database.exec("COMMIT");
        if (!flush) this.#laterFlush.begin();
        this.#checkpoint?.appended(data.length);
        return record;
      } catch (thrown) {
        if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
        throw thrown;
      }
    } catch (thrown) {
      throw toAuditError(thrown, "the audit log cannot be written");
    }
  }

  /** Resolves when all that was appended without waiting for its flush is on the disk. Rejects as `append` throws. */
  async flushed(): Promise<void> {
    try {
      await this.#laterFlush.done();
    } catch (thrown) {
      throw toAuditError(thrown, "the audit log cannot be flushed");
    }
  }

  /** Records after a sequence number, oldest first, at most `limit`. */
  read({
    after = 0,
    limit = 1000,
  }: {
    readonly after?: number;
    readonly limit?: number;
  } = {}): readonly AuditRecord[] {
    const statement = this.#database.prepare(
      "SELECT * FROM record WHERE sequence > ? ORDER BY sequence LIMIT ?",
    );
    return statement.all(after, Math.min(limit, MAX_PAGE)).map((row) => readRecord(row));
  }

  /** The newest records first, at most `limit`. */
  readNewest(limit: number): readonly AuditRecord[] {
    const statement = this.#database.prepare("SELECT * FROM record ORDER BY sequence DESC LIMIT ?");
    return statement.all(Math.min(limit, MAX_PAGE)).map((row) => readRecord(row));
  }

  head(): Head {
    const row = this.#selectHead.get();
    return {
      logId: this.logId,
      sequence: Number(row?.sequence ?? 0),
      hash: String(row?.hash ?? GENESIS),
    };
  }

  /** The last record that was forgotten; 0 where all are there. */
  forgotten(): number {
    return Number(this.#database.prepare("SELECT sequence FROM beginning").get()?.sequence ?? 0);
  }

  /** How much of the log's file is in use, in bytes. What was forgotten is room for what comes. */
  usedBytes(): number {
    const pragma = (name: string) =>
      Number(Object.values(this.#database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
    return (pragma("page_count") - pragma("freelist_count")) * pragma("page_size");
  }

  /**
   * Forgets the records up to a sequence, which somebody else keeps by now. The log begins with the one after it from
   * then on: where it began, and the hash there, is signed. At least the last record stays. Gives how many were
   * forgotten. A few at a time: who appends meanwhile is not kept waiting.
   */
  forget(upTo: number): number {
    const last = Math.min(upTo, this.head().sequence - 1);
    const first = this.forgotten();
    try {
      for (let at = first; at < last; ) {
        at = Math.min(at + FORGOTTEN_AT_ONCE, last);
        this.#beginAfter(at);
      }
    } catch (thrown) {
      throw toAuditError(thrown, "records cannot be forgotten");
    }
    return Math.max(last - first, 0);
  }

  /**
   * The digests of evidence that the records name, a page of records at a time: who appends meanwhile is not kept waiting.
   * Throws `LOG_CORRUPT` for a record that cannot be read, since nobody can say what it names.
   */
  *namedEvidence(): Generator<readonly Digest[], void, undefined> {
    for (let after = this.forgotten(); ; ) {
      const records = this.read({ after });
      const last = records.at(-1);
      if (last === undefined) return;
      yield records.flatMap(({ data }) => Object.values(data.evidence ?? {}).filter(isDigestText));
      after = last.sequence;
    }
  }

  /** A flush is one of the whole write-ahead log, so that a record that was not flushed goes with the next that is. */
  #setFlush(atCommit: boolean): void {
    this.#database.exec(`PRAGMA synchronous = ${atCommit ? "FULL" : "NORMAL"}`);
    this.#flushesAtCommit = atCommit;
  }

  #beginAfter(sequence: number): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const row = this.#database.prepare("SELECT hash FROM record WHERE sequence = ?").get(sequence);
      if (row === undefined) throw new AuditError("LOG_CORRUPT", `record ${sequence} is missing`);
      const hash = String(row.hash);
      const signature = sign(null, beginningPreimage(this.logId, sequence, hash), this.#key.privateKey);
      this.#database
        .prepare("INSERT OR REPLACE INTO beginning VALUES (1, ?, ?, ?)")
        .run(sequence, hash, signature.toString("base64"));
      this.#database.prepare("DELETE FROM record WHERE sequence <= ?").run(sequence);
      this.#database.exec("COMMIT");
    } catch (thrown) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw thrown;
    }
  }

  [Symbol.dispose](): void {
    this.#checkpoint?.[Symbol.dispose]();
    this.#laterFlush[Symbol.dispose]();
    this.#database.close();
  }

  #link(event: AuditEvent, data: string): AuditRecord {
    const { sequence: last, hash: previousHash } = this.head();
    const sequence = last + 1;
    const time = this.#now().toISOString();
    const { class: kind, action, actor } = event;
    const hash = hashRecord({ sequence, time, class: kind, action, actor, data, previousHash });
    this.#insert.run(sequence, time, kind, action, actor, data, previousHash, hash);
    const signature = sign(null, headPreimage(this.logId, sequence, hash), this.#key.privateKey);
    this.#updateHead.run(sequence, hash, signature.toString("base64"));
    return { ...event, sequence, time, previousHash, hash };
  }
}

function isDigestText(value: unknown): value is Digest {
  return typeof value === "string" && isDigest(value);
}

/** Opens a log that must already be there. Throws `LOG_MISSING`. */
export function openExistingLog(options: AuditLogOptions): AuditLog {
  const file = path.join(options.directory, "log.sqlite");
  refuseMissing(file);
  return new AuditLog(options);
}

function openDatabase(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
  chmodSync(file, 0o600);
  // FULL flushes at each commit, so that an acknowledged record outlives the machine and not only the process.
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;");
  database.exec(SCHEMA);
  return database;
}

/**
 * Makes room for records before there are any. A write-ahead log that has to grow changes the file system's own
 * books with every flush, and so waits for whatever else is being written there, an engine's containers for one; in
 * room that is there already a flush is a flush. What is written for it is free space in the database afterwards.
 * Where there is no room, records are written as long as they fit.
 */
function preallocate(database: DatabaseSync, file: string): void {
  if ((statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) >= PREALLOCATED_BYTES) return;
  try {
    database.exec("BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS filler (body BLOB) STRICT");
    database.prepare("INSERT INTO filler VALUES (zeroblob(?))").run(PREALLOCATED_BYTES);
    database.exec("COMMIT; DROP TABLE IF EXISTS filler; PRAGMA wal_checkpoint(RESTART)");
  } catch {
    if (database.isTransaction) database.exec("ROLLBACK");
  }
}

/** SQLite itself keeps to it, whoever appends (https://www.sqlite.org/pragma.html#pragma_max_page_count). */
function limitSize(database: DatabaseSync, maxBytes: number): void {
  const pageSize = Number(database.prepare("PRAGMA page_size").get()?.page_size ?? 4096);
  database.exec(`PRAGMA max_page_count = ${Math.max(Math.floor(maxBytes / pageSize), 1)}`);
}

function identify(database: DatabaseSync, publicKey: string): { logId: string; publicKey: string } {
  database.prepare("INSERT OR IGNORE INTO log VALUES (1, ?, ?)").run(randomUUID(), publicKey);
  const row: Row = database.prepare("SELECT log_id, public_key FROM log WHERE id = 1").get() ?? {};
  return { logId: String(row.log_id), publicKey: String(row.public_key) };
}
