import { createPublicKey, hash, type KeyObject, sign } from "node:crypto";
import { AuditError } from "../errors.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";

/** The signature types that this package knows (c2sp.org/signed-note, "Signature types"). */
export const signatureTypes = { ed25519: 0x01, cosignature: 0x04 } as const;
export type SignatureType = (typeof signatureTypes)[keyof typeof signatureTypes];

const PUBLIC_KEY_BYTES = 32;
const KEY_ID_BYTES = 4;

/** A key that is trusted to sign notes: its name and id tell which signature line is its own. */
export interface VerifierKey {
  readonly name: string;
  /** Eight lower-case hexadecimal digits. */
  readonly id: string;
  readonly type: SignatureType;
  readonly publicKey: KeyObject;
  /** As it is written in configuration: `name+id+base64`. */
  readonly vkey: string;
}

/**
 * Signs with a key that lies somewhere else than the log: in a file of its own, or in a key service. `name` is the
 * log's origin, or the witness's name.
 */
export interface NoteSigner {
  readonly key: VerifierKey;
  /** The 64 bytes of an Ed25519 signature (RFC 8032) over the message. */
  sign(message: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** A signer whose key is at hand, as a witness's must be: it answers in one step. */
export interface LocalSigner extends NoteSigner {
  sign(message: Uint8Array): Uint8Array;
}

/** A signer over a private Ed25519 key. Throws `KEY_MALFORMED` for another kind of key, or a name that cannot be. */
export function ed25519Signer(
  name: string,
  privateKey: KeyObject,
  type: SignatureType = signatureTypes.ed25519,
): LocalSigner {
  if (privateKey.asymmetricKeyType !== "ed25519" || privateKey.type !== "private") {
    throw new AuditError("KEY_MALFORMED", "the signing key is no private ed25519 key");
  }
  const { x } = createPublicKey(privateKey).export({ format: "jwk" });
  const key = verifierKey(name, type, Buffer.from(x ?? "", "base64url"));
  return { key, sign: (message) => sign(null, message, privateKey) };
}

/** Reads a verifier key: `<name>+<id>+<base64 of type and public key>`. Throws `KEY_MALFORMED`. */
export function parseVerifierKey(vkey: string): VerifierKey {
  const groups = /^(?<name>[^+\s]+)\+(?<id>[0-9a-f]{8})\+(?<key>[A-Za-z0-9+/=]+)$/u.exec(vkey)?.groups;
  const bytes = decodeBase64(groups?.key ?? "");
  const type = bytes?.[0];
  if (groups === undefined || bytes?.length !== 1 + PUBLIC_KEY_BYTES || !isSignatureType(type)) {
    throw new AuditError("KEY_MALFORMED", `malformed verifier key ${JSON.stringify(vkey)}`);
  }
  const key = verifierKey(groups.name ?? "", type, bytes.subarray(1));
  if (key.id !== groups.id) {
    throw new AuditError("KEY_MALFORMED", `the id of verifier key ${JSON.stringify(vkey)} is not its key's`);
  }
  return key;
}

/** Names are not empty and hold neither white space, nor `+`, nor control characters (signed-note, "Format"). */
export function isKeyName(name: string): boolean {
  return /^[^\s+\p{Cc}]+$/u.test(name);
}

function verifierKey(name: string, type: SignatureType, raw: Buffer): VerifierKey {
  if (!isKeyName(name)) throw new AuditError("KEY_MALFORMED", `malformed key name ${JSON.stringify(name)}`);
  const typed = Buffer.concat([Buffer.from([type]), raw]);
  const id = hash("sha256", Buffer.concat([Buffer.from(`${name}\n`, "utf8"), typed]), "buffer")
    .subarray(0, KEY_ID_BYTES)
    .toString("hex");
  const jwk = { kty: "OKP", crv: "Ed25519", x: raw.toString("base64url") };
  try {
    const publicKey = createPublicKey({ key: jwk, format: "jwk" });
    return { name, id, type, publicKey, vkey: `${name}+${id}+${encodeBase64(typed)}` };
  } catch (cause) {
    throw new AuditError("KEY_MALFORMED", `the key of ${JSON.stringify(name)} is no ed25519 key`, { cause });
  }
}

function isSignatureType(type: number | undefined): type is SignatureType {
  return type === signatureTypes.ed25519 || type === signatureTypes.cosignature;
}
