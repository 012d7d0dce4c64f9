import { PratiqueError } from "@pratique/core";

export type InventoryErrorCode =
  /** The document is in none of the formats that are read. */
  | "SBOM_UNKNOWN"
  /** It is in one of them, and broken. */
  | "SBOM_MALFORMED"
  | "SBOM_TOO_LARGE";

/** A document that cannot be read as a bill of materials. */
export class InventoryError extends PratiqueError<InventoryErrorCode> {
  override readonly name = "InventoryError";
}
