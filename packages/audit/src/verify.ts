import { createPublicKey, verify } from "node:crypto";
import { accessSync, constants, statSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { isDigest, messageOf } from "@pratique/core";
import { toAuditError } from "./errors.ts";
import type { EvidenceStore } from "./evidence.ts";
import { beginningPreimage, GENESIS, hashRecord, headPreimage } from "./hash.ts";
import type { Head } from "./log.ts";
import { refuseMissing } from "./refuse-missing.ts";
import { type Row, readRecord } from "./row.ts";

/** After so many problems the rest is not listed: the log is broken, and that is enough to know. */
const MAX_PROBLEMS = 20;

export interface VerifyOptions {
  /** Holds `log.sqlite`. */
  readonly directory: string;
  /** The key that the verifier trusts, SPKI DER in base64; without it the log's own is taken. */
  readonly publicKey?: string;
  /** A head that was kept elsewhere: the log must still contain it. */
  readonly knownHead?: Head;
  /** Where the evidence lies; each piece that a record names must be there and fit its digest. */
  readonly evidence?: EvidenceStore;
}

/** What was found. `problems` is empty exactly when the log is whole. */
export interface Verification {
  readonly logId: string;
  readonly publicKey: string;
  /** How many were ever written. */
  readonly records: number;
  /** How many of them, from the first on, were forgotten here since somebody else keeps them. */
  readonly forgotten: number;
  readonly headHash: string;
  readonly problems: readonly string[];
}

/**
 * Reads a log from its first record to its last and names everything that was changed, removed, added or
 * reordered since it was written. Throws `LOG_MISSING`, `LOG_CORRUPT`, and `LOG_UNWRITABLE` for one that this
 * user cannot open.
 */
export function verifyAuditLog(options: VerifyOptions): Verification {
  const file = path.join(options.directory, "log.sqlite");
  refuseMissing(file);
  try {
    using database = new DatabaseSync(locationOf(file), { readOnly: true, timeout: 5000 });
    // One read transaction: records that are appended meanwhile do not look like additions.
    database.exec("BEGIN");
    return new Verifier(database, options).run();
  } catch (thrown) {
    throw toAuditError(thrown, "the audit log cannot be read");
  }
}

/**
 * Where a reader may not write, SQLite cannot make the files beside a log that it reads with. A log that has none
 * of them is at rest and whole in itself, and may be read as one that nobody changes (sqlite.org/uri.html,
 * "immutable"): a copy for an auditor, or one on a read-only medium.
 */
function locationOf(file: string): string | URL {
  if (isWritable(path.dirname(file)) || hasContent(`${file}-wal`)) return file;
  const url = pathToFileURL(file);
  url.searchParams.set("immutable", "1");
  return url;
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    // Whatever the reason, nothing can be written beside it.
    return false;
  }
}

function hasContent(file: string): boolean {
  return (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

/** The last record that was forgotten: 0 and 64 zeros where none was. */
interface Beginning {
  readonly sequence: number;
  readonly hash: string;
}

class Verifier {
  readonly #database: DatabaseSync;
  readonly #options: VerifyOptions;
  readonly #problems: string[] = [];
  readonly #checkedEvidence = new Set<string>();

  constructor(database: DatabaseSync, options: VerifyOptions) {
    this.#database = database;
    this.#options = options;
  }

  run(): Verification {
    const identity = this.#identity();
    const beginning = this.#beginning(identity);
    const { records, headHash } = this.#walk(beginning);
    this.#checkHead(identity, records, headHash);
    return { ...identity, records, forgotten: beginning.sequence, headHash, problems: this.#problems };
  }

  #identity(): { logId: string; publicKey: string } {
    const row: Row = this.#database.prepare("SELECT log_id, public_key FROM log WHERE id = 1").get() ?? {};
    const publicKey = String(row.public_key ?? "");
    const { publicKey: trusted } = this.#options;
    if (trusted !== undefined && trusted !== publicKey)
      this.#report("the log names another key than the trusted one");
    return { logId: String(row.log_id ?? ""), publicKey: trusted ?? publicKey };
  }

  /** Where the log begins: after the last record that was forgotten, as is signed. */
  #beginning({ logId, publicKey }: { logId: string; publicKey: string }): Beginning {
    const row = this.#hasBeginning() ? this.#database.prepare("SELECT * FROM beginning").get() : undefined;
    if (row === undefined) return { sequence: 0, hash: GENESIS };
    const beginning = { sequence: Number(row.sequence), hash: String(row.hash) };
    if (!isSigned(publicKey, beginningPreimage(logId, beginning.sequence, beginning.hash), row)) {
      this.#report("the signature of the beginning is wrong");
    }
    this.#checkKnownHead(beginning.sequence, beginning.hash);
    return beginning;
  }

  /** A log that was written before anything could be forgotten has no place for it. */
  #hasBeginning(): boolean {
    return this.#database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'beginning'").get() !== undefined;
  }

  #walk(beginning: Beginning): { records: number; headHash: string } {
    let previousHash = beginning.hash;
    let expected = beginning.sequence + 1;
    for (const row of this.#database.prepare("SELECT * FROM record ORDER BY sequence").iterate()) {
      const sequence = Number(row.sequence);
      if (sequence !== expected) this.#report(`record ${expected} is missing: the next is ${sequence}`);
      this.#checkRecord(row, previousHash);
      previousHash = String(row.hash);
      expected = sequence + 1;
      if (this.#problems.length >= MAX_PROBLEMS) break;
    }
    return { records: expected - 1, headHash: previousHash };
  }

  #checkRecord(row: Row, previousHash: string): void {
    const sequence = Number(row.sequence);
    const fields = {
      sequence,
      time: String(row.time),
      class: String(row.class),
      action: String(row.action),
      actor: String(row.actor),
      data: String(row.data),
      previousHash: String(row.previous_hash),
    };
    if (hashRecord(fields) !== row.hash)
      this.#report(`record ${sequence} was changed: its hash does not fit`);
    if (fields.previousHash !== previousHash)
      this.#report(`record ${sequence} does not follow the one before it`);
    this.#checkKnownHead(sequence, String(row.hash));
    this.#checkEvidence(row, sequence);
  }

  #checkKnownHead(sequence: number, hash: string): void {
    const { knownHead } = this.#options;
    if (knownHead?.sequence === sequence && knownHead.hash !== hash) {
      this.#report(`record ${sequence} is not the one that was kept elsewhere`);
    }
  }

  #checkEvidence(row: Row, sequence: number): void {
    const { evidence } = this.#options;
    if (evidence === undefined) return;
    const named = readRecord(row).data.evidence;
    for (const value of Object.values(named ?? {})) {
      if (typeof value !== "string" || !isDigest(value) || this.#checkedEvidence.has(value)) continue;
      this.#checkedEvidence.add(value);
      try {
        evidence.get(value);
      } catch (thrown) {
        this.#report(`record ${sequence}: ${messageOf(thrown)}`);
      }
    }
  }

  #checkHead(
    { logId, publicKey }: { logId: string; publicKey: string },
    records: number,
    hash: string,
  ): void {
    const { knownHead } = this.#options;
    if (knownHead !== undefined && knownHead.logId !== logId)
      this.#report("the log is another one than that whose head was kept");
    if (knownHead !== undefined && knownHead.sequence > records) {
      this.#report(`records after ${records} were removed: ${knownHead.sequence} were known`);
    }
    const head: Row = this.#database.prepare("SELECT * FROM head WHERE id = 1").get() ?? {};
    if (records === 0 && head.sequence === undefined) return;
    if (Number(head.sequence) !== records || head.hash !== hash) {
      this.#report(
        `the log ends at record ${records}, but its head was signed at record ${String(head.sequence)}`,
      );
    }
    if (!isSigned(publicKey, headPreimage(logId, Number(head.sequence), String(head.hash)), head)) {
      this.#report("the signature of the head is wrong");
    }
  }

  #report(problem: string): void {
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push(problem);
  }
}

function isSigned(publicKey: string, preimage: Buffer, head: Row): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, "base64"), type: "spki", format: "der" });
    return verify(null, preimage, key, Buffer.from(String(head.signature), "base64"));
  } catch {
    // A key or a signature that cannot be read proves nothing.
    return false;
  }
}
