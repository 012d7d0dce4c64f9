import { messageOf } from "@pratique/core";
import { StoreError, type StoreErrorCode } from "../errors.ts";

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const DISK_FULL = "53100";
const DATA_CORRUPTED = "XX001";
const INDEX_CORRUPTED = "XX002";
const READ_ONLY_TRANSACTION = "25006";
const SERIALIZATION_FAILURE = "40001";
const DEADLOCK_DETECTED = "40P01";

/**
 * Gives an error of PostgreSQL, or of the way there, a name that callers can act on. The driver throws nothing
 * else, so that nothing passes through unnamed.
 */
export function storeErrorOf(thrown: unknown): StoreError {
  if (thrown instanceof StoreError) return thrown;
  return new StoreError(storeCodeOf(codeOf(thrown)), `the store failed: ${messageOf(thrown)}`, {
    cause: thrown,
  });
}

/** True for an error of two transactions that were in each other's way. */
export function isConflict(thrown: unknown): boolean {
  const code = thrown instanceof StoreError ? codeOf(thrown.cause) : undefined;
  return code === SERIALIZATION_FAILURE || code === DEADLOCK_DETECTED;
}

/** True for an error of the driver that says that the server takes no writes. */
export function isReadOnly(thrown: unknown): boolean {
  return codeOf(thrown) === READ_ONLY_TRANSACTION;
}

function storeCodeOf(code: string | undefined): StoreErrorCode {
  if (code === DISK_FULL || code === "ENOSPC") return "STORE_FULL";
  if (code === DATA_CORRUPTED || code === INDEX_CORRUPTED) return "STORE_CORRUPT";
  return "STORE_UNAVAILABLE";
}

function codeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" ? thrown.code : undefined;
}
