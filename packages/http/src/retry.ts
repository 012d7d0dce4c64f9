const IDEMPOTENT = new Set(["GET", "HEAD", "PUT", "DELETE"]);
const RETRIED_STATUSES = new Set([429, 502, 503, 504]);

/** How often, and after what waits, a request is tried again. */
export interface RetryPolicy {
  /** Tries after the first. */
  readonly maxRetries: number;
  /** The longest wait before the first retry; doubled for each that follows. */
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** A server that asks to wait longer than this is not waited for. */
  readonly maxRetryAfterMs: number;
}

/** RFC 9110 section 9.2.2, without the methods that nobody here sends. */
export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method);
}

/** Whether a later try may bring another answer. */
export function isRetriedStatus(status: number): boolean {
  return RETRIED_STATUSES.has(status);
}

/**
 * The wait before retry number `attempt`, counted from 0: full jitter, so that a fleet that was cut off
 * together does not come back together. What the server asked for is a floor. Undefined: do not try again.
 */
export function retryDelayMs(
  policy: RetryPolicy,
  attempt: number,
  { retryAfterMs, random }: { readonly retryAfterMs: number | undefined; readonly random: () => number },
): number | undefined {
  if (attempt >= policy.maxRetries) return undefined;
  if (retryAfterMs !== undefined && retryAfterMs > policy.maxRetryAfterMs) return undefined;
  const ceiling = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** attempt);
  return Math.round(random() * ceiling) + (retryAfterMs ?? 0);
}

/** Reads Retry-After (RFC 9110 section 10.2.3): seconds, or a date. Undefined where it is neither. */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  if (/^\d{1,9}$/u.test(text)) return Number(text) * 1000;
  // Date.parse takes far more than HTTP dates; a date that begins with a day's name is what is meant.
  if (!/^[A-Z][a-z]{2,8}, /u.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
