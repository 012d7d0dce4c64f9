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
  | "BUILD_FAILED";

/** A feed that cannot be read, or a database that cannot be built or trusted. */
export class AdvisoryError extends PratiqueError<AdvisoryErrorCode> {
  override readonly name = "AdvisoryError";
}
