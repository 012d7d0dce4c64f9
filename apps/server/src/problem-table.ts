import type { ProblemCode } from "@pratique/api";
import type { BusErrorCode } from "@pratique/bus";
import type { StoreErrorCode } from "@pratique/store";

interface ProblemKind {
  readonly status: number;
  readonly title: string;
}

/** The one table from codes to HTTP statuses. */
export const problemKinds: Readonly<Record<ProblemCode, ProblemKind>> = {
  REQUEST_MALFORMED: { status: 400, title: "The request is not in its form" },
  CURSOR_MALFORMED: { status: 400, title: "The cursor is not one of this list" },
  NOT_SIGNED_IN: { status: 401, title: "Nobody is signed in" },
  TOKEN_REFUSED: { status: 401, title: "The sign-in link is used up, expired or unknown" },
  SIGN_IN_REFUSED: { status: 401, title: "The sign-in is refused" },
  ORIGIN_REFUSED: { status: 403, title: "The request comes from another site" },
  PASSWORD_NEEDED: { status: 403, title: "The account has no password yet: set one first" },
  PERMISSION_DENIED: { status: 403, title: "You may not do that" },
  MORE_THAN_HELD: { status: 403, title: "Nobody gives away what they do not hold themselves" },
  APPROVAL_OWN: { status: 403, title: "Nobody approves what they asked for themselves" },
  JOIN_REFUSED: { status: 403, title: "The token lets no host join" },
  HOST_REVOKED: { status: 403, title: "The host was revoked" },
  NOT_FOUND: { status: 404, title: "There is no such thing" },
  CONFLICT: { status: 409, title: "It cannot be done as things stand" },
  APPROVAL_CLOSED: { status: 409, title: "It no longer waits for a second person" },
  RECORDS_GAP: { status: 409, title: "Records are missing before these" },
  RECORDS_FORKED: { status: 409, title: "The records contradict those that are held" },
  REVISION_STALE: { status: 412, title: "Somebody else has changed it meanwhile" },
  REQUEST_TOO_LARGE: { status: 413, title: "The request is too large" },
  MEDIA_TYPE_UNSUPPORTED: { status: 415, title: "The request is not JSON" },
  HOST_REFUSED: { status: 421, title: "The server is not known by this name" },
  PASSWORD_REFUSED: { status: 422, title: "The password is refused" },
  POLICY_INVALID: { status: 422, title: "The policy has errors" },
  RECORDS_ALTERED: { status: 422, title: "A record is not what its hash was taken over" },
  RULES_INVALID: { status: 422, title: "The rules have errors" },
  SETTINGS_INVALID: { status: 422, title: "The settings have errors" },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: "The key was used for another call" },
  REVISION_MISSING: { status: 428, title: "The call does not say which revision it changes" },
  TOO_MANY_REQUESTS: { status: 429, title: "Too many requests: wait a minute" },
  INTERNAL: { status: 500, title: "The server failed" },
  STORE_UNAVAILABLE: { status: 503, title: "The store cannot be read or written" },
  STORE_FULL: { status: 507, title: "The disk is full" },
  QUEUE_FULL: { status: 503, title: "Too much waits already: try again later" },
};

/** What callers hear of the store's own errors. */
export const storeProblems: Readonly<Record<StoreErrorCode, ProblemCode>> = {
  STORE_CORRUPT: "STORE_UNAVAILABLE",
  STORE_TOO_NEW: "STORE_UNAVAILABLE",
  STORE_UNAVAILABLE: "STORE_UNAVAILABLE",
  STORE_FULL: "STORE_FULL",
  STORE_NOT_EMPTY: "INTERNAL",
  BACKUP_MALFORMED: "INTERNAL",
  CURSOR_MALFORMED: "CURSOR_MALFORMED",
};

/** What callers hear of what carries records. They keep theirs, and send them again. */
export const busProblems: Readonly<Record<BusErrorCode, ProblemCode>> = {
  BUS_CLOSED: "STORE_UNAVAILABLE",
  BUS_FULL: "STORE_FULL",
  BUS_SETTINGS: "INTERNAL",
  BUS_UNAVAILABLE: "STORE_UNAVAILABLE",
};

/** What callers hear of the HTTP library's errors; those it does not name are told by their status. */
export const httpProblems: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "REQUEST_TOO_LARGE",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "MEDIA_TYPE_UNSUPPORTED",
};
