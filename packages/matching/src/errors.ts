import { PratiqueError } from "@pratique/core";

export type MatchingErrorCode =
  /** A file of ignore rules is not in its form. */
  | "IGNORE_FILE_MALFORMED"
  /** A VEX document is no JSON. */
  | "VEX_MALFORMED"
  /** It is JSON, and in none of the formats that are read. */
  | "VEX_UNKNOWN";

/** A file of the user's that cannot be read as what it was given for. */
export class MatchingError extends PratiqueError<MatchingErrorCode> {
  override readonly name = "MatchingError";
}
