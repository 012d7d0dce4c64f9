import { PratiqueError } from "@pratique/core";

export type StoreErrorCode =
  | "STORE_CORRUPT"
  | "STORE_TOO_NEW"
  | "STORE_FULL"
  | "STORE_UNAVAILABLE"
  | "STORE_NOT_EMPTY"
  | "BACKUP_MALFORMED"
  | "CURSOR_MALFORMED";

/** The store cannot be read or written, or a cursor is not one of its own. */
export class StoreError extends PratiqueError<StoreErrorCode> {
  override readonly name = "StoreError";
}
