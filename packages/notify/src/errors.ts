import { PratiqueError } from "@pratique/core";

export type NotifyErrorCode =
  /** Settings of a channel, a sink or the routes that are not in their form. */
  | "SETTINGS_INVALID"
  /** A notification that is not in its form. */
  | "NOTIFICATION_INVALID"
  /** A route names a channel that is not there. */
  | "CHANNEL_UNKNOWN"
  /** The other end has no address that the operator permits. */
  | "ADDRESS_FORBIDDEN"
  /** No connection: the name does not resolve, the port is closed, the host is not there. */
  | "CHANNEL_UNREACHABLE"
  /** The other end did not prove that it is who it should be, or speaks no TLS. */
  | "CHANNEL_UNTRUSTED"
  /** The connection broke before the other end had accepted all. */
  | "CHANNEL_INTERRUPTED"
  /** No answer within the deadline. What was sent may have arrived. */
  | "CHANNEL_TIMED_OUT"
  /** The other end answered, and did not accept. */
  | "CHANNEL_REFUSED"
  /** Too much waits already; the message was kept as a dead one at once. */
  | "QUEUE_FULL"
  /** The caller's signal ended it. */
  | "ABORTED"
  /** What the store of pending messages gave back is not what was put there. */
  | "PENDING_DAMAGED"
  /** The source of an export gave lines that do not follow one another. */
  | "EXPORT_OUT_OF_ORDER"
  /** The file of an export cannot be written. */
  | "FILE_UNWRITABLE";

/** More of what is known about a delivery that failed. */
export interface NotifyErrorDetails extends ErrorOptions {
  /** The status of the answer: HTTP's, or the reply code of SMTP. With `CHANNEL_REFUSED` only. */
  readonly status?: number;
  /** What the other end said, made safe to show and cut short. */
  readonly remoteText?: string;
  /** The other end will not accept the same message later either. */
  readonly permanent?: boolean;
  /** How long the other end asked to wait. */
  readonly retryAfterMs?: number;
}

/** Something that could not be told to those who should hear it. Its message holds no secret of a channel. */
export class NotifyError extends PratiqueError<NotifyErrorCode> {
  override readonly name = "NotifyError";
  readonly status: number | undefined;
  readonly remoteText: string | undefined;
  readonly permanent: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(code: NotifyErrorCode, message: string, details: NotifyErrorDetails = {}) {
    super(code, message, details.cause === undefined ? undefined : { cause: details.cause });
    this.status = details.status;
    this.remoteText = details.remoteText;
    this.permanent = details.permanent ?? false;
    this.retryAfterMs = details.retryAfterMs;
  }
}
