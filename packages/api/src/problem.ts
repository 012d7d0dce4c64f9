import { z } from "zod";

/** The media type of every error reply (RFC 9457). */
export const PROBLEM_TYPE = "application/problem+json";

/** Every way in which a call may fail. */
export const problemCodes = [
  "REQUEST_MALFORMED",
  "CURSOR_MALFORMED",
  "NOT_SIGNED_IN",
  "TOKEN_REFUSED",
  "ORIGIN_REFUSED",
  "HOST_REFUSED",
  "PASSWORD_REFUSED",
  "SIGN_IN_REFUSED",
  "PASSWORD_NEEDED",
  "PERMISSION_DENIED",
  "MORE_THAN_HELD",
  "APPROVAL_OWN",
  "APPROVAL_CLOSED",
  "JOIN_REFUSED",
  "HOST_REVOKED",
  "NOT_FOUND",
  "CONFLICT",
  "REVISION_MISSING",
  "REVISION_STALE",
  "POLICY_INVALID",
  "RULES_INVALID",
  "SETTINGS_INVALID",
  "IDEMPOTENCY_KEY_REUSED",
  "RECORDS_GAP",
  "RECORDS_FORKED",
  "RECORDS_ALTERED",
  "REQUEST_TOO_LARGE",
  "MEDIA_TYPE_UNSUPPORTED",
  "TOO_MANY_REQUESTS",
  "INTERNAL",
  "STORE_UNAVAILABLE",
  "STORE_FULL",
  "QUEUE_FULL",
] as const;

export type ProblemCode = (typeof problemCodes)[number];

/** One error, as RFC 9457 writes it. */
export const problem = z.object({
  /** `urn:pratique:problem:` and the code. */
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.enum(problemCodes),
  detail: z.string().exactOptional(),
  /** The members of the request that are wrong, where the request is. */
  errors: z.array(z.strictObject({ path: z.string(), message: z.string() })).exactOptional(),
  /** With `RECORDS_GAP` and `RECORDS_FORKED`: the last sequence that the server holds. Send from the next one. */
  acknowledged: z.int().nonnegative().exactOptional(),
});

export type Problem = z.output<typeof problem>;
