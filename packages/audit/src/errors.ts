import { PratiqueError } from "@pratique/core";

export type AuditErrorCode =
  | "LOG_MISSING"
  | "LOG_CORRUPT"
  | "DISK_FULL"
  | "EVENT_MALFORMED"
  | "EVENT_TOO_LARGE"
  | "EVIDENCE_MISSING"
  | "LOG_UNWRITABLE"
  | "KEY_MALFORMED"
  | "LOG_BUSY"
  | "LOG_CLOSED"
  | "LOG_LOCKED"
  | "LOG_ROLLED_BACK"
  | "LOG_UNREADABLE"
  | "NOTE_MALFORMED"
  | "PROOF_INVALID"
  | "SIGNATURE_INVALID"
  | "TILE_MISSING";

/** The log could not be opened, read or written. */
export class AuditError extends PratiqueError<AuditErrorCode> {
  override readonly name = "AuditError";
}

/** SQLite's primary result codes (sqlite.org/rescode.html) that tell of a full disk, and of a bad file. */
const SQLITE_FULL = 13;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;
/** An extended code: the index beside a log could not be made longer, which takes a disk without room. */
const SQLITE_IOERR_SHMSIZE = 4874;

/** Turns what SQLite or the file system threw into this package's error. */
export function toAuditError(thrown: unknown, doing: string): AuditError {
  if (thrown instanceof AuditError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new AuditError(codeOf(thrown), `${doing}: ${message}`, { cause: thrown });
}

function codeOf(thrown: unknown): AuditErrorCode {
  if (!(thrown instanceof Error)) return "LOG_UNWRITABLE";
  if ("errcode" in thrown && typeof thrown.errcode === "number") {
    const primary = thrown.errcode & 0xff;
    if (primary === SQLITE_FULL || thrown.errcode === SQLITE_IOERR_SHMSIZE) return "DISK_FULL";
    if (primary === SQLITE_CORRUPT || primary === SQLITE_NOTADB) return "LOG_CORRUPT";
  }
  if ("code" in thrown && (thrown.code === "ENOSPC" || thrown.code === "EDQUOT")) return "DISK_FULL";
  return "LOG_UNWRITABLE";
}
