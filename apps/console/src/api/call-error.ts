import type { Problem, ProblemCode } from "@pratique/api";
import { PratiqueError } from "@pratique/core";
import { sentence } from "../text/sentence.ts";

/**
 * `UNREACHABLE`: the server did not answer, or not in the form of the contract. `WAITS`: a second person has to agree
 * where the caller expected an answer at once.
 */
export type CallErrorCode = ProblemCode | "UNREACHABLE" | "WAITS";

interface CallErrorOptions extends ErrorOptions {
  readonly faults?: Problem["errors"];
}

/** A call that the server refused, or that never reached it. */
export class CallError extends PratiqueError<CallErrorCode> {
  override readonly name = "CallError";
  /** The members of the request that are wrong, where the server named some: `body.address`. */
  readonly faults: NonNullable<Problem["errors"]>;

  constructor(code: CallErrorCode, message: string, { faults = [], ...options }: CallErrorOptions = {}) {
    super(code, message, options);
    this.faults = faults;
  }
}

/** Whether the server knows nobody by the session, which is over or never began. */
export function isNotSignedIn(thrown: unknown): boolean {
  return thrown instanceof CallError && thrown.code === "NOT_SIGNED_IN";
}

/** What is wrong with each member of a request that was refused, by its name, as a sentence. */
export function faultsIn(error: Error | null): Readonly<Record<string, string>> {
  if (!(error instanceof CallError)) return {};
  const faults = error.faults.map(({ path, message }) => [path.split(".")[1] ?? "", sentence(message)]);
  // Of several the first one counts.
  return Object.fromEntries(faults.toReversed());
}
