import { generateKeyPairSync, sign } from "node:crypto";

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OBJECT_IDENTIFIER = 0x06;
/** Context-specific, constructed, 0: the attributes. */
const ATTRIBUTES = 0xa0;
/** 1.2.840.10045.4.3.2 (RFC 5758, 3.2). */
const ECDSA_WITH_SHA256 = Buffer.from("2a8648ce3d040302", "hex");

/** A new key, and what is sent to have it certified, both in PEM. */
export interface SigningRequest {
  readonly key: string;
  readonly csr: string;
}

/**
 * Makes a key (ECDSA P-256) and a signing request for it (RFC 2986). The request names nobody: the server knows whose
 * it is. By hand, since a library for a few bytes of DER would be most of what the agent loads as root.
 */
export function makeSigningRequest(): SigningRequest {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const info = der(SEQUENCE, [
    der(INTEGER, [Buffer.from([0])]),
    // An empty name: no part of it would be looked at.
    der(SEQUENCE, []),
    publicKey.export({ format: "der", type: "spki" }),
    der(ATTRIBUTES, []),
  ]);
  const signature = sign("sha256", info, privateKey);
  const request = der(SEQUENCE, [
    info,
    der(SEQUENCE, [der(OBJECT_IDENTIFIER, [ECDSA_WITH_SHA256])]),
    // No bits of the last byte are unused.
    der(BIT_STRING, [Buffer.from([0]), signature]),
  ]);
  return {
    key: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    csr: pem("CERTIFICATE REQUEST", request),
  };
}

/** One element (X.690, 8.1) of at most 65 535 bytes. */
function der(tag: number, parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const header =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(header), content]);
}

function pem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString("base64")
      .match(/.{1,64}/gu) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
