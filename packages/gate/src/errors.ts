import { PratiqueError } from "@pratique/core";

export type GateErrorCode =
  | "TARGET_MALFORMED"
  | "ROUTE_UNKNOWN"
  | "CONTENT_TYPE_REFUSED"
  | "BODY_UNSEEN"
  | "BODY_MALFORMED"
  | "BODY_AMBIGUOUS"
  | "BODY_KEY_UNKNOWN"
  | "LIMIT_REACHED"
  | "LAUNCH_UNREADABLE"
  | "MOUNTS_NOT_AS_JUDGED"
  | "SUBJECT_UNKNOWN"
  | "ENGINE_UNREADABLE"
  | "MESSAGE_MALFORMED"
  | "NO_VERDICT"
  | "RECORD_INCOMPLETE"
  | "SOCKET_UNUSABLE";

/** Why the gate cannot read, or answer, what it was asked. Where a request is concerned it means "deny". */
export class GateError extends PratiqueError<GateErrorCode> {
  override readonly name = "GateError";
}
