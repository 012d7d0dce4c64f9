import { PratiqueError } from "@pratique/core";

export type CliErrorCode =
  | "CONFIG_INVALID"
  | "IMAGE_UNAVAILABLE"
  | "USAGE"
  | "OUTPUT_UNWRITABLE"
  | "NEEDS_ROOT"
  | "PART_FAILED"
  | "PORT_IN_USE"
  | "PROFILE_REFUSED"
  | "RECORDING_MALFORMED"
  | "REPORT_UNREADABLE"
  | "RESPONSE_NOT_DONE"
  | "RULES_INVALID"
  | "TEMPLATE_UNREADABLE";

export interface CliErrorOptions extends ErrorOptions {
  /** How to mend it, where that is known better than by the code. */
  readonly hint?: string;
}

/** What the user asked for cannot be done as asked. */
export class CliError extends PratiqueError<CliErrorCode> {
  override readonly name = "CliError";
  readonly hint: string | undefined;

  constructor(code: CliErrorCode, message: string, options: CliErrorOptions = {}) {
    super(code, message, options);
    this.hint = options.hint;
  }
}
