import { messageOf } from "@pratique/core";
import { HttpError, type HttpErrorCode } from "@pratique/http";
import { NotifyError, type NotifyErrorCode } from "./errors.ts";
import { oneLine } from "./safe-text.ts";

const MAX_REASON_LENGTH = 300;
const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EHOSTDOWN",
  "ENETDOWN",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EADDRNOTAVAIL",
]);
// OpenSSL's results of verification, and Node's own, by their names.
const UNTRUSTED =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA|EPROTO$|ETLS$|ETLSREQUIRED$)/u;
const MAX_CAUSES = 5;

const words: Readonly<Partial<Record<NotifyErrorCode, string>>> = {
  ADDRESS_FORBIDDEN: "refused to connect to",
  CHANNEL_UNREACHABLE: "cannot reach",
  CHANNEL_UNTRUSTED: "no trusted connection to",
  CHANNEL_INTERRUPTED: "connection broke to",
  CHANNEL_TIMED_OUT: "timed out waiting for",
  ABORTED: "gave up on",
};

/**
 * Turns whatever a delivery threw into our error. `where` names the other end without anything secret: the
 * path of a web hook is its password, so the messages of the HTTP client are not repeated.
 */
export function classifyFailure(thrown: unknown, where: string, signal?: AbortSignal): NotifyError {
  if (thrown instanceof NotifyError) return thrown;
  const code = codeOf(thrown, signal);
  const reason = thrown instanceof HttpError ? reasonOfHttp(thrown) : messageOf(innermost(thrown));
  return new NotifyError(
    code,
    `${words[code] ?? "cannot deliver to"} ${JSON.stringify(where)}: ${oneLine(reason, MAX_REASON_LENGTH)}`,
  );
}

function codeOf(thrown: unknown, signal: AbortSignal | undefined): NotifyErrorCode {
  if (signal?.aborted === true) return isTimeout(signal.reason) ? "CHANNEL_TIMED_OUT" : "ABORTED";
  for (const error of causesOf(thrown)) {
    if (error instanceof HttpError) return codeOfHttp(error.code);
    if (isTimeout(error)) return "CHANNEL_TIMED_OUT";
    for (const code of codesOf(error)) {
      if (UNREACHABLE.has(code)) return "CHANNEL_UNREACHABLE";
      if (UNTRUSTED.test(code)) return "CHANNEL_UNTRUSTED";
      if (code === "ETIMEDOUT") return "CHANNEL_TIMED_OUT";
    }
  }
  return "CHANNEL_INTERRUPTED";
}

/** The mail client keeps the platform's own code beside the one that it gives. */
function codesOf(error: Error): readonly string[] {
  const codes = ["originalCode" in error ? error.originalCode : "", "code" in error ? error.code : ""];
  return codes.filter((code) => typeof code === "string");
}

function codeOfHttp(code: HttpErrorCode): NotifyErrorCode {
  switch (code) {
    case "ADDRESS_FORBIDDEN":
      return "ADDRESS_FORBIDDEN";
    case "URL_REFUSED":
    case "NETWORK_MALFORMED":
      return "SETTINGS_INVALID";
    case "UNREACHABLE":
      return "CHANNEL_UNREACHABLE";
    case "TLS_FAILED":
      return "CHANNEL_UNTRUSTED";
    case "TIMED_OUT":
      return "CHANNEL_TIMED_OUT";
    case "ABORTED":
      return "ABORTED";
    case "STATUS":
    case "REDIRECT_REFUSED":
    case "TOO_LARGE":
    case "MALFORMED":
      return "CHANNEL_REFUSED";
    case "INTERRUPTED":
      return "CHANNEL_INTERRUPTED";
  }
}

function reasonOfHttp(error: HttpError): string {
  if (error.code === "REDIRECT_REFUSED") return "it answered with a redirect";
  // This message names a host and an address, and no path.
  if (error.code === "ADDRESS_FORBIDDEN") return error.message;
  return error.cause === undefined ? error.code.toLowerCase() : messageOf(innermost(error.cause));
}

function innermost(thrown: unknown): unknown {
  return [...causesOf(thrown)].at(-1) ?? thrown;
}

function* causesOf(thrown: unknown): Iterable<Error> {
  let error = thrown;
  for (let depth = 0; depth < MAX_CAUSES && error instanceof Error; depth += 1) {
    yield error;
    error = error instanceof AggregateError ? error.errors[0] : error.cause;
  }
}

function isTimeout(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === "TimeoutError";
}
