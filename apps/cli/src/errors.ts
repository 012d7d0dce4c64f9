import { PratiqueError } from "@pratique/core";

export type CliErrorCode =
  | "CONFIG_INVALID"
  | "USAGE"
  | "OUTPUT_UNWRITABLE"
  | "NEEDS_ROOT"
  | "PART_FAILED"
  | "PORT_IN_USE";

/** What the user asked for cannot be done as asked. */
export class CliError extends PratiqueError<CliErrorCode> {
  override readonly name = "CliError";
}
