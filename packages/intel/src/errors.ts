import { PratiqueError } from "@pratique/core";

export type IntelErrorCode =
  | "FEED_UNKNOWN"
  | "FEED_UNREADABLE"
  | "FEED_UNREACHABLE"
  | "FEED_DAMAGED"
  | "FEED_EMPTY"
  | "FEED_TOO_LARGE"
  | "FEEDS_MISSING"
  | "WARNING_LIST_MALFORMED"
  | "ALLOW_MALFORMED"
  | "SET_CORRUPT"
  | "SET_MISSING"
  | "UPDATE_LOCKED"
  | "UPDATE_ABORTED"
  | "UPDATE_FAILED"
  | "PAST_UNREADABLE"
  | "DISK_FULL";

/** A feed that cannot be read, or a set of indicators that cannot be built or trusted. */
export class IntelError extends PratiqueError<IntelErrorCode> {
  override readonly name = "IntelError";
}
