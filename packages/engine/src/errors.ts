import { PratiqueError } from "@pratique/core";

export type EngineErrorCode =
  /** The address of the engine is not in a form that we speak. */
  | "ENGINE_ADDRESS_MALFORMED"
  /** No connection: no socket, no permission, nobody listening; the message says which. */
  | "ENGINE_UNREACHABLE"
  | "IMAGE_NOT_FOUND"
  | "CONTAINER_NOT_FOUND"
  | "VOLUME_NOT_FOUND"
  | "NETWORK_NOT_FOUND"
  | "EXEC_NOT_FOUND"
  | "SERVICE_NOT_FOUND"
  /** The engine answered with an error; the message is the engine's own. */
  | "ENGINE_REFUSED"
  /** A gate between us and the engine did not let a scratch container be made, or start; the message is the gate's own. */
  | "SCRATCH_REFUSED"
  /** The engine's answer is not what its API describes, or broke off. */
  | "ENGINE_MALFORMED"
  | "TIMED_OUT"
  /** The caller's signal ended the call. */
  | "ABORTED";

/** Something that the engine did not give. */
export class EngineError extends PratiqueError<EngineErrorCode> {
  override readonly name = "EngineError";
}
