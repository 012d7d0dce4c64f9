import { messageOf } from "@pratique/core";
import { AdvisoryError, type AdvisoryErrorCode } from "../errors.ts";
import { objectOf } from "../location/fields.ts";

/** Primary result codes (https://www.sqlite.org/rescode.html); extended ones keep them in their low byte. */
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;

/** The primary result code of an error that SQLite raised, or undefined for any other error. */
function sqliteCodeOf(thrown: unknown): number | undefined {
  const code = objectOf(thrown)?.errcode;
  return typeof code === "number" ? code & 0xff : undefined;
}

/** Turns what went wrong while a database was read into one of our errors. */
export function readFailure(thrown: unknown, path: string): AdvisoryError {
  if (thrown instanceof AdvisoryError) return thrown;
  return new AdvisoryError(
    "DATABASE_CORRUPT",
    `advisory database ${JSON.stringify(path)} cannot be read: ${messageOf(thrown)}`,
    { cause: thrown },
  );
}

/** Turns what went wrong while a database was built into one of our errors. */
export function buildFailure(thrown: unknown): AdvisoryError {
  if (thrown instanceof AdvisoryError) return thrown;
  return new AdvisoryError(codeFor(thrown), `building the advisory database failed: ${messageOf(thrown)}`, {
    cause: thrown,
  });
}

function codeFor(thrown: unknown): AdvisoryErrorCode {
  const system = objectOf(thrown)?.code;
  const sqlite = sqliteCodeOf(thrown);
  if (sqlite === SQLITE_FULL || system === "ENOSPC" || system === "EDQUOT") return "DISK_FULL";
  if (sqlite === SQLITE_CORRUPT || sqlite === SQLITE_NOTADB) return "DATABASE_CORRUPT";
  if (sqlite === SQLITE_CANTOPEN) return "BUILD_FAILED";
  if (objectOf(thrown)?.name === "AbortError") return "BUILD_ABORTED";
  return "BUILD_FAILED";
}
