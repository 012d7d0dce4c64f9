import { messageOf } from "@pratique/core";
import { EngineError } from "@pratique/engine";
import { OciError, type OciErrorCode } from "../errors.ts";

/** Turns what a call to the engine threw into our error; anything else passes through. */
export function engineFailure(thrown: unknown): unknown {
  if (!(thrown instanceof EngineError)) return thrown;
  return new OciError(codeOf(thrown), messageOf(thrown), { cause: thrown });
}

/** A stream of the engine whose failures are ours. */
export async function* withEngineFailures(
  stream: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* stream;
  } catch (thrown) {
    throw engineFailure(thrown);
  }
}

function codeOf({ code }: EngineError): OciErrorCode {
  switch (code) {
    case "IMAGE_NOT_FOUND":
    case "CONTAINER_NOT_FOUND":
      return "IMAGE_NOT_FOUND";
    case "ABORTED":
      return "ABORTED";
    case "ENGINE_MALFORMED":
      return "IMAGE_UNREADABLE";
    case "ENGINE_ADDRESS_MALFORMED":
    case "ENGINE_UNREACHABLE":
    case "ENGINE_REFUSED":
    case "SCRATCH_REFUSED":
    case "VOLUME_NOT_FOUND":
    case "NETWORK_NOT_FOUND":
    case "EXEC_NOT_FOUND":
    case "SERVICE_NOT_FOUND":
    case "TIMED_OUT":
      return "SOURCE_UNAVAILABLE";
  }
}
