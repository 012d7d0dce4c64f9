import type { ProblemCode } from "@pratique/api";
import { PratiqueError } from "@pratique/core";

/** `UNREACHABLE`: the server did not answer, or not in the form of the contract. */
export type CallErrorCode = ProblemCode | "UNREACHABLE";

/** A call that the server refused, or that never reached it. */
export class CallError extends PratiqueError<CallErrorCode> {
  override readonly name = "CallError";
}
