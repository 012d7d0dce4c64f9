import { PratiqueError } from "@pratique/core";

export type AuditorErrorCode = "ARGUMENTS_INVALID" | "FILE_UNREADABLE" | "FILE_UNWRITABLE" | "LOG_NOT_FOUND";

/** The auditor could not do what it was asked. */
export class AuditorError extends PratiqueError<AuditorErrorCode> {
  override readonly name = "AuditorError";
}
