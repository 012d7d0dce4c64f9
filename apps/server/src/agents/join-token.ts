import { randomBytes } from "node:crypto";

const SECRET_BYTES = 32;

/** A new secret: 256 random bits in base64url. */
export function makeJoinSecret(): string {
  return randomBytes(SECRET_BYTES).toString("base64url");
}

/**
 * What people carry to the host: the secret, and the fingerprint by which the host knows the server before it tells
 * it. Both are 43 characters of base64url, so that the text can be taken apart although `_` is one of them.
 */
export function formatJoinToken(secret: string, fingerprint: string): string {
  return `prqj_${secret}_${fingerprint}`;
}
