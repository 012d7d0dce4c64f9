import { SealingError } from "./errors.ts";
import { KEY_ID, MAX_KEY_ID_BYTES } from "./key-record.ts";
import { XAES_NONCE_BYTES, XAES_TAG_BYTES } from "./xaes.ts";

/** A sealed value in its parts. */
export interface SealedValue {
  readonly keyId: string;
  readonly nonce: Uint8Array;
  /** With the tag at its end. */
  readonly ciphertext: Uint8Array;
}

/** The longest plaintext of one value, in bytes. Longer things are for a stream. */
export const MAX_PLAINTEXT_BYTES = 16 * 1024 * 1024;

const VERSION = "ps1";
const FORM = 1;
const MAX_BODY_BYTES = XAES_NONCE_BYTES + MAX_PLAINTEXT_BYTES + XAES_TAG_BYTES;
const MAX_TEXT_CHARACTERS = VERSION.length + MAX_KEY_ID_BYTES + 2 + Math.ceil((MAX_BODY_BYTES * 4) / 3);

/** `ps1:<key id>:<base64url of nonce, ciphertext and tag>`. */
export function formatSealedText({ keyId, nonce, ciphertext }: SealedValue): string {
  return `${sealedTextPrefix(keyId)}${Buffer.concat([nonce, ciphertext]).toString("base64url")}`;
}

/** What every text sealed under a key begins with: for counting the references to it. */
export function sealedTextPrefix(keyId: string): string {
  return `${VERSION}:${keyId}:`;
}

/** Throws `SEAL_MALFORMED` for anything but what {@link formatSealedText} writes. */
export function parseSealedText(text: string): SealedValue {
  if (text.length > MAX_TEXT_CHARACTERS) throw malformed("it is too long");
  const [version, keyId = "", body = "", ...rest] = text.split(":", 4);
  if (version !== VERSION || rest.length > 0) throw malformed(`expected "${VERSION}:<key id>:<bytes>"`);
  const bytes = Buffer.from(body, "base64url");
  // The decoder skips what it does not know; only the one form of a value is a value.
  if (bytes.toString("base64url") !== body) throw malformed("its bytes are not in canonical base64url");
  return parts(keyId, bytes);
}

/** `1 | length of key id | key id | nonce | ciphertext | tag`. */
export function formatSealedBytes({ keyId, nonce, ciphertext }: SealedValue): Buffer {
  return Buffer.concat([sealedBytesPrefix(keyId), nonce, ciphertext]);
}

/** What all bytes sealed under a key begin with: for counting the references to it. */
export function sealedBytesPrefix(keyId: string): Buffer {
  return Buffer.concat([Buffer.of(FORM, keyId.length), Buffer.from(keyId, "latin1")]);
}

/** Throws `SEAL_MALFORMED` for anything but what {@link formatSealedBytes} writes. */
export function parseSealedBytes(sealed: Uint8Array): SealedValue {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  const [form, idBytes = 0] = bytes;
  if (form !== FORM) throw malformed(`expected version ${FORM}`);
  return parts(bytes.toString("latin1", 2, 2 + idBytes), bytes.subarray(2 + idBytes));
}

function parts(keyId: string, body: Buffer): SealedValue {
  if (!KEY_ID.test(keyId)) throw malformed("it names no data key");
  if (body.length < XAES_NONCE_BYTES + XAES_TAG_BYTES) throw malformed("it is too short");
  if (body.length > MAX_BODY_BYTES) throw malformed("it is too long");
  return {
    keyId,
    nonce: body.subarray(0, XAES_NONCE_BYTES),
    ciphertext: body.subarray(XAES_NONCE_BYTES),
  };
}

function malformed(why: string): SealingError {
  return new SealingError("SEAL_MALFORMED", `malformed sealed value: ${why}`);
}
