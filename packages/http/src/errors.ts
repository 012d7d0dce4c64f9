import { PratiqueError } from "@pratique/core";

export type HttpErrorCode =
  /** Not an absolute http or https URL, or one that carries a user name or password. */
  | "URL_REFUSED"
  /** The host has no address that the rule of the client permits. */
  | "ADDRESS_FORBIDDEN"
  /** A network in a rule about addresses is not one. */
  | "NETWORK_MALFORMED"
  /** No connection: the name does not resolve, the port is closed, the host is not there. */
  | "UNREACHABLE"
  /** The connection broke before the answer was complete. */
  | "INTERRUPTED"
  | "TIMED_OUT"
  /** The caller's signal ended the request. */
  | "ABORTED"
  /** The server answered with a status that the caller did not ask for. */
  | "STATUS"
  | "TOO_LARGE"
  | "REDIRECT_REFUSED"
  /** The server's certificate, or the proxy's, was not accepted, or the two sides do not speak one TLS. */
  | "TLS_FAILED"
  /** The answer is not HTTP, or not the JSON that it was read as. */
  | "MALFORMED";

/** More of what is known about a failed request. */
export interface HttpErrorDetails extends ErrorOptions {
  /** The status of the answer, with `STATUS` only. */
  readonly status?: number;
  /** How long the server asked to wait before the next try. */
  readonly retryAfterMs?: number;
}

/** A request that did not bring what was asked for. Its message holds neither credentials nor a query. */
export class HttpError extends PratiqueError<HttpErrorCode> {
  override readonly name = "HttpError";
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: HttpErrorCode, message: string, details: HttpErrorDetails = {}) {
    super(code, message, details);
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
  }
}
