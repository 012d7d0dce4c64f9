import { messageOf } from "@pratique/core";
import { HttpError } from "@pratique/http";
import { OciError, type OciErrorCode } from "../../errors.ts";

/** What a request to a registry was for, in the words of a message. */
export interface Asked {
  readonly what: string;
  /** What a 404 means. */
  readonly absent: OciErrorCode;
  /** What it means when the answer is longer than was asked for. */
  readonly tooLarge: OciErrorCode;
}

/** Turns what a request to a registry threw into our error; anything but an HTTP failure passes through. */
export function registryFailure(thrown: unknown, asked: Asked): unknown {
  if (!(thrown instanceof HttpError)) return thrown;
  const code = codeOf(thrown, asked);
  return new OciError(code, `${asked.what}: ${messageOf(thrown)}${waitOf(thrown)}`, {
    cause: thrown,
    retryAfterMs: thrown.retryAfterMs,
  });
}

function codeOf({ code, status }: HttpError, { absent, tooLarge }: Asked): OciErrorCode {
  switch (code) {
    case "UNREACHABLE":
    case "ADDRESS_FORBIDDEN":
    case "NETWORK_MALFORMED":
    case "INTERRUPTED":
    case "TIMED_OUT":
    case "TLS_FAILED":
      return "SOURCE_UNAVAILABLE";
    case "ABORTED":
      return "ABORTED";
    case "STATUS":
      return codeOfStatus(status, absent);
    case "TOO_LARGE":
      return tooLarge;
    case "URL_REFUSED":
    case "REDIRECT_REFUSED":
    case "MALFORMED":
      return "REGISTRY_MALFORMED";
  }
}

function codeOfStatus(status: number | undefined, absent: OciErrorCode): OciErrorCode {
  if (status === 404) return absent;
  if (status === 401 || status === 403) return "UNAUTHORIZED";
  if (status === 429) return "RATE_LIMITED";
  if (status !== undefined && status >= 500) return "SOURCE_UNAVAILABLE";
  return "REGISTRY_MALFORMED";
}

function waitOf({ retryAfterMs }: HttpError): string {
  return retryAfterMs === undefined ? "" : `; it asks to wait ${Math.ceil(retryAfterMs / 1000)} s`;
}
