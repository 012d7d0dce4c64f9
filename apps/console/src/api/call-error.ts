import type { ProblemCode } from "@pratique/api";
import { PratiqueError } from "@pratique/core";

/**
 * `UNREACHABLE`: the server did not answer, or not in the form of the contract. `WAITS`: a second person has to agree
 * where the caller expected an answer at once.
 */
export type CallErrorCode = ProblemCode | "UNREACHABLE" | "WAITS";

/** A call that the server refused, or that never reached it. */
export class CallError extends PratiqueError<CallErrorCode> {
  override readonly name = "CallError";
}
