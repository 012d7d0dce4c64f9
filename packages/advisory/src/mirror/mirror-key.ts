import { createHash, createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { AdvisoryError } from "../errors.ts";

/** More than one is for the time in which a publisher goes over to another key. */
const MAX_KEYS = 8;
const PUBLIC_KEY = /-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]{1,4096}-----END PUBLIC KEY-----/gu;

/** An Ed25519 key that somebody who publishes advisories is known by. */
export interface MirrorKey {
  /** SHA-256 of the key as SPKI DER, in hexadecimal digits. */
  readonly id: string;
  readonly key: KeyObject;
}

/** Reads all public keys (SPKI, PEM) of a text. Throws `MIRROR_KEY_MALFORMED` where there is none, or one of another kind. */
export function parseMirrorKeys(pem: string): readonly MirrorKey[] {
  const blocks = pem.match(PUBLIC_KEY) ?? [];
  if (blocks.length === 0 || blocks.length > MAX_KEYS) {
    throw malformed(`expected 1 to ${MAX_KEYS} public keys in PEM, found ${blocks.length}`);
  }
  return blocks.map((block) => mirrorKeyOf(readKey(() => createPublicKey(block))));
}

/** Reads the private key (PKCS #8, PEM) of a publisher. Throws `MIRROR_KEY_MALFORMED`. */
export function parsePublisherKey(pem: string): KeyObject {
  return readKey(() => createPrivateKey(pem));
}

/** The public half of a key, with its id. */
export function mirrorKeyOf(key: KeyObject): MirrorKey {
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  const der = publicKey.export({ type: "spki", format: "der" });
  return { id: createHash("sha256").update(der).digest("hex"), key: publicKey };
}

/** Writes public keys as {@link parseMirrorKeys} reads them. */
export function writeMirrorKeys(keys: readonly MirrorKey[]): string {
  return keys.map(({ key }) => key.export({ type: "spki", format: "pem" })).join("");
}

function readKey(read: () => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch (cause) {
    throw malformed("expected an Ed25519 key in PEM", cause);
  }
  if (key.asymmetricKeyType !== "ed25519") {
    throw malformed(`expected an Ed25519 key, found one of type ${JSON.stringify(key.asymmetricKeyType)}`);
  }
  return key;
}

function malformed(message: string, cause?: unknown): AdvisoryError {
  return new AdvisoryError("MIRROR_KEY_MALFORMED", message, { cause });
}
