import { messageOf } from "@pratique/core";
import { StoreError, type StoreErrorCode } from "../errors.ts";
import { errorCodeOf } from "./sqlite-connection.ts";

// Primary result codes (https://www.sqlite.org/rescode.html); an extended code holds its primary in the low byte.
const FULL = 13;
const CORRUPT = 11;
const NOT_A_DATABASE = 26;
/** The index beside the log could not be made longer, which takes a disk without room. */
const IOERR_SHMSIZE = 4874;

/** Gives an error of SQLite a name that callers can act on; passes everything else through. */
export function storeErrorOf(thrown: unknown): unknown {
  const code = errorCodeOf(thrown);
  if (code === undefined) return thrown;
  return new StoreError(storeCodeOf(code), `the store failed: ${messageOf(thrown)}`, { cause: thrown });
}

function storeCodeOf(code: number): StoreErrorCode {
  const primary = code % 256;
  if (primary === FULL || code === IOERR_SHMSIZE) return "STORE_FULL";
  if (primary === CORRUPT || primary === NOT_A_DATABASE) return "STORE_CORRUPT";
  return "STORE_UNAVAILABLE";
}
