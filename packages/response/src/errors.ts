import { PratiqueError } from "@pratique/core";

export type ResponseErrorCode =
  /** The policy of responses is not in its form; the message names every problem. */
  | "RESPONSE_POLICY"
  /** No such container runs here, or more than one might be meant. */
  | "CONTAINER_UNKNOWN"
  /** No act that is in force has this id. */
  | "ACT_UNKNOWN"
  /** The kernel, or what speaks to it for us, did not do what it was asked. */
  | "FLOWS_UNCONTROLLED"
  /** The tables of sockets or connections could not be read, or are longer than what is read of them. */
  | "FLOWS_UNREADABLE"
  /** Evidence cannot be kept: no room, or no place. */
  | "EVIDENCE_UNKEPT"
  /** Only the container's runtime could do it, and it is not one that we speak to. */
  | "RUNTIME_UNSPOKEN"
  /** What was remembered of acts in force is not in its form. */
  | "STATE_MALFORMED"
  /** A step, or a whole act, took longer than it may. */
  | "STEP_TIMED_OUT";

/** A response that could not be given. */
export class ResponseError extends PratiqueError<ResponseErrorCode> {
  override readonly name = "ResponseError";
}
