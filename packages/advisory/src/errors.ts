import { PratiqueError } from "@pratique/core";

export type AdvisoryErrorCode =
  | "PROVIDER_UNKNOWN"
  | "SOURCE_UNREADABLE"
  | "SOURCE_UNREACHABLE"
  | "SOURCE_DAMAGED"
  | "SOURCE_EMPTY"
  | "SOURCE_TOO_LARGE"
  | "SOURCES_MISSING"
  | "DATABASE_CORRUPT"
  | "DISK_FULL"
  | "BUILD_LOCKED"
  | "BUILD_ABORTED"
  | "BUILD_FAILED"
  | "DATABASE_MISSING"
  | "MIRROR_DAMAGED"
  | "MIRROR_EXPIRED"
  | "MIRROR_KEY_MALFORMED"
  | "MIRROR_MALFORMED"
  | "MIRROR_MISSING"
  | "MIRROR_ROLLBACK"
  | "MIRROR_UNREACHABLE"
  | "MIRROR_UNTRUSTED"
  | "MIRROR_UNWRITABLE";

/** A feed or mirror that cannot be read or trusted, or a database that cannot be built, published or trusted. */
export class AdvisoryError extends PratiqueError<AdvisoryErrorCode> {
  override readonly name = "AdvisoryError";
}
