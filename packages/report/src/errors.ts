import { PratiqueError } from "@pratique/core";

export type ReportErrorCode = "TEMPLATE_INVALID";

/** A report cannot be written as asked. */
export class ReportError extends PratiqueError<ReportErrorCode> {
  override readonly name = "ReportError";
}
