import { PratiqueError } from "@pratique/core";

export type SelftestErrorCode =
  /** The program with the attacks is not where it was built to, or cannot be read. */
  | "ATTACKS_MISSING"
  /** A name that no attack has. */
  | "ATTACK_UNKNOWN"
  /** The caller's signal ended it; everything was removed. */
  | "ABORTED";

/** Something that kept attacks from being tried. What became of an attack is a result, not an error. */
export class SelftestError extends PratiqueError<SelftestErrorCode> {
  override readonly name = "SelftestError";
}
