import { type KeyObject, sign, verify } from "node:crypto";
import { AdvisoryError } from "../errors.ts";
import { listOf, objectOf, textOf } from "../location/fields.ts";
import { type MirrorKey, mirrorKeyOf } from "./mirror-key.ts";

const MAX_SIGNATURES = 16;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/u;

/** What a document says, and whose signature on it was good. */
export interface VerifiedDocument {
  readonly payload: Uint8Array;
  readonly keyId: string;
}

/**
 * Signs a document (DSSE 1.0, envelope.md): the signature is over the very bytes that a reader will parse, and over what
 * kind of document they are.
 */
export function signDocument(payload: Uint8Array, payloadType: string, key: KeyObject): string {
  const signature = sign(null, preAuthenticationEncoding(payloadType, payload), key);
  return JSON.stringify({
    payloadType,
    payload: Buffer.from(payload).toString("base64"),
    signatures: [{ keyid: mirrorKeyOf(key).id, sig: signature.toString("base64") }],
  });
}

/**
 * Gives the payload of a document that one of the keys has signed. What a signature says of its own key is a hint at
 * most, so all keys are tried. Throws `MIRROR_MALFORMED` where it is no such document, and `MIRROR_UNTRUSTED`.
 */
export function verifyDocument(
  text: string,
  payloadType: string,
  keys: readonly MirrorKey[],
): VerifiedDocument {
  const envelope = objectOf(parse(text));
  const payload = base64Of(envelope?.payload);
  const signatures = listOf(envelope?.signatures).slice(0, MAX_SIGNATURES);
  if (envelope?.payloadType !== payloadType || payload === undefined || signatures.length === 0) {
    throw new AdvisoryError("MIRROR_MALFORMED", `expected a signed document of type ${payloadType}`);
  }
  const signed = preAuthenticationEncoding(payloadType, payload);
  for (const item of signatures) {
    const signature = base64Of(objectOf(item)?.sig);
    const signer = keys.find(({ key }) => signature !== undefined && verify(null, signed, key, signature));
    if (signer !== undefined) return { payload, keyId: signer.id };
  }
  const named = signatures.map((item) => textOf(objectOf(item)?.keyid)?.slice(0, 64) ?? "");
  throw new AdvisoryError(
    "MIRROR_UNTRUSTED",
    `expected a signature by ${keys.map(({ id }) => id.slice(0, 16)).join(" or ")}, found none that holds (it names ${JSON.stringify(named.join(", ").slice(0, 200))})`,
  );
}

/** DSSE 1.0, protocol.md, "Signature Definition". */
function preAuthenticationEncoding(type: string, body: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${body.length} `;
  return Buffer.concat([Buffer.from(head), body]);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function base64Of(value: unknown): Buffer | undefined {
  return typeof value === "string" && BASE64.test(value) ? Buffer.from(value, "base64") : undefined;
}
