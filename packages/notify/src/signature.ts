import { createHmac, timingSafeEqual } from "node:crypto";

const DEFAULT_TOLERANCE_SECONDS = 300;

/** What a signature is made over. */
export interface SignedParts {
  /** Seconds since 1970, as in the header `pratique-timestamp`. */
  readonly timestamp: number;
  /** The body exactly as it was sent. */
  readonly body: string;
}

/** The value of the header `pratique-signature`: HMAC-SHA-256 over `timestamp.body`, in hexadecimal. */
export function signPayload(secret: string, { timestamp, body }: SignedParts): string {
  return `v1=${createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex")}`;
}

/**
 * Whether a delivery is one of ours, and fresh. Receivers keep the delivery ids that they have seen for as
 * long as the tolerance, and so take no delivery twice.
 */
export function verifySignature(
  secret: string,
  parts: SignedParts & { readonly signature: string },
  {
    nowSeconds,
    toleranceSeconds = DEFAULT_TOLERANCE_SECONDS,
  }: {
    readonly nowSeconds: number;
    readonly toleranceSeconds?: number;
  },
): boolean {
  if (!(Math.abs(nowSeconds - parts.timestamp) <= toleranceSeconds)) return false;
  const expected = Buffer.from(signPayload(secret, parts));
  const found = Buffer.from(parts.signature);
  return expected.length === found.length && timingSafeEqual(expected, found);
}
