import { messageOf } from "@pratique/core";
import { HttpError, type HttpErrorCode } from "./errors.ts";

const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EHOSTDOWN",
  "ENETDOWN",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EADDRNOTAVAIL",
  "EACCES",
  "UND_ERR_PRX_CONN",
]);
const TIMED_OUT = new Set([
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
]);
// OpenSSL's verification results reach us by these names (x509_txt.c), TLS alerts as ERR_SSL_ and ERR_TLS_.
const TLS =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|EPROTO$|UND_ERR_PRX_TLS$)/u;
const MAX_CAUSES = 5;

/** Turns whatever a request threw into our error. `where` names the target without query or credentials. */
export function classifyFailure(thrown: unknown, where: string, signal?: AbortSignal): HttpError {
  if (thrown instanceof HttpError) return thrown;
  const code = codeOf(thrown, signal);
  return new HttpError(code, `${describe(code, where)}: ${reasonOf(thrown)}`, { cause: thrown });
}

function codeOf(thrown: unknown, signal: AbortSignal | undefined): HttpErrorCode {
  // The caller's signal wins: what the socket says after an abort is only its echo.
  if (signal?.aborted === true) return isTimeout(signal.reason) ? "TIMED_OUT" : "ABORTED";
  if (isTimeout(thrown)) return "TIMED_OUT";
  if (thrown instanceof Error && thrown.name === "HTTPParserError") return "MALFORMED";
  for (const code of errorCodes(thrown)) {
    if (UNREACHABLE.has(code)) return "UNREACHABLE";
    if (TIMED_OUT.has(code)) return "TIMED_OUT";
    if (TLS.test(code)) return "TLS_FAILED";
    if (code === "UND_ERR_HEADERS_OVERFLOW") return "MALFORMED";
  }
  return "INTERRUPTED";
}

/** The codes of an error, of its causes and of the errors that it gathers, outermost first. */
function* errorCodes(thrown: unknown): Iterable<string> {
  let error = thrown;
  for (let depth = 0; depth < MAX_CAUSES && error instanceof Error; depth += 1) {
    if ("code" in error && typeof error.code === "string") yield error.code;
    error = error instanceof AggregateError ? error.errors[0] : error.cause;
  }
}

function isTimeout(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === "TimeoutError";
}

function describe(code: HttpErrorCode, where: string): string {
  switch (code) {
    case "UNREACHABLE":
      return `cannot reach ${where}`;
    case "TIMED_OUT":
      return `timed out waiting for ${where}`;
    case "ABORTED":
      return `gave up on ${where}`;
    case "TLS_FAILED":
      return `no trusted connection to ${where}`;
    case "MALFORMED":
      return `malformed answer from ${where}`;
    case "URL_REFUSED":
    case "ADDRESS_FORBIDDEN":
    case "NETWORK_MALFORMED":
    case "INTERRUPTED":
    case "STATUS":
    case "TOO_LARGE":
    case "REDIRECT_REFUSED":
      return `connection to ${where} broke`;
  }
}

/** An aggregate error, as Node throws when it tried several addresses, has no message of its own. */
function reasonOf(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.message === "") return messageOf(thrown.errors[0]);
  return messageOf(thrown);
}
