import { PratiqueError } from "@pratique/core";

export type ArchiveErrorCode =
  | "ABORTED"
  | "ARCHIVE_MALFORMED"
  | "ARCHIVE_TRUNCATED"
  | "COMPRESSION_DAMAGED"
  | "ENTRY_DAMAGED"
  | "ENTRY_UNSUPPORTED"
  | "LIMIT_REACHED"
  | "LOCATION_UNREADABLE"
  | "PATH_UNSAFE";

/** An archive that is not what it says, or that would take more than it may; a location that cannot be read. */
export class ArchiveError extends PratiqueError<ArchiveErrorCode> {
  override readonly name = "ArchiveError";
}
