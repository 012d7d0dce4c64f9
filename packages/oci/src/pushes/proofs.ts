import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { PushRequest } from "./push-dialect.ts";

/** The secret in the header Authorization, by itself or as a bearer token, or in the address. */
export function provesByToken({ headers, queryToken }: PushRequest, secret: string): boolean {
  const { authorization = "" } = headers;
  const token = /^bearer /iu.test(authorization) ? authorization.slice("bearer ".length) : authorization;
  return isSame(token, secret) || isSame(queryToken ?? "", secret);
}

/** The secret in a header of its own. */
export function provesByHeader(name: string): (request: PushRequest, secret: string) => boolean {
  return ({ headers }, secret) => isSame(headers[name] ?? "", secret);
}

/** `X-Hub-Signature-256`: HMAC-SHA-256 of the body (GitHub, "Validating webhook deliveries"). */
export function provesBySignature({ headers, body }: PushRequest, secret: string): boolean {
  const expected = `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
  return isSame(headers["x-hub-signature-256"] ?? "", expected);
}

/** In a time that tells nothing of where the two differ, nor of how long they are. An empty secret proves nothing. */
function isSame(given: string, expected: string): boolean {
  const [left, right] = [given, expected].map((text) => createHash("sha256").update(text).digest());
  return expected !== "" && left !== undefined && right !== undefined && timingSafeEqual(left, right);
}
