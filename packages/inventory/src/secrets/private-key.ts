import type { SecretJudgement, SecretMatch } from "./secret-rule.ts";
import { MAX_REACH_BYTES } from "./secret-rule.ts";

/** No key of any kind has fewer bytes: Ed25519 in PKCS #8 takes 48. */
const MIN_KEY_BYTES = 40;
const OPENSSH = "openssh-key-v1\0";
/** Where "none" or the name of a cipher begins in a key of OpenSSH (PROTOCOL.key). */
const CIPHER_AT = OPENSSH.length + 4;

/**
 * Looks at what follows `-----BEGIN … PRIVATE KEY-----` (RFC 7468; RFC 1421 for headers; RFC 9580 section 6.2 for OpenPGP):
 * undefined unless there is an end, and between the two a key in Base64. Line ends may be written as `\n`, as JSON does.
 */
export function judgePrivateKey({ groups, rest }: SecretMatch): SecretJudgement | undefined {
  const label = `${groups.kind ?? ""}PRIVATE KEY${groups.block ?? ""}`;
  const text = rest(MAX_REACH_BYTES);
  const start = text.indexOf("-----", 10) + 5;
  const end = text.indexOf(`-----END ${label}-----`, start);
  if (end < 0) return undefined;
  const body = text.slice(start, end).replaceAll(/\\r|\\n/gu, "\n");
  const isEncrypted = label.startsWith("ENCRYPTED") || body.includes("Proc-Type: 4,ENCRYPTED");
  const bytes = Buffer.from(base64Of(body), "base64");
  if (bytes.length < MIN_KEY_BYTES || !isKey(label, bytes, isEncrypted)) return undefined;
  const needsPassphrase = isEncrypted || isEncryptedOpenSsh(label, bytes);
  return {
    value: bytes.toString("latin1"),
    shown: `${label} (${bytes.length} bytes)`,
    bytes: end + label.length + 14,
    ...(needsPassphrase && { severity: "medium", title: "Private key, encrypted with a passphrase" }),
  };
}

/** The lines that are Base64: no headers, no check sum of OpenPGP, no marks of what quotes the key. */
function base64Of(body: string): string {
  return body
    .split("\n")
    .map((line) => line.replaceAll(/^[\s"'>#*]{1,16}|[\s"',\\]{1,8}$/gu, ""))
    .filter((line) => /^[A-Za-z0-9+/]{4,}={0,2}$/u.test(line))
    .join("");
}

function isKey(label: string, bytes: Buffer, isEncrypted: boolean): boolean {
  if (label.startsWith("OPENSSH")) return bytes.toString("latin1", 0, OPENSSH.length) === OPENSSH;
  // A packet of OpenPGP begins with a tag whose first bit is set (RFC 9580 section 4.2).
  if (label.startsWith("PGP")) return ((bytes[0] ?? 0) & 0x80) !== 0;
  if (isEncrypted) return true;
  return isSequence(bytes);
}

/** Whether the bytes are one SEQUENCE of DER and nothing more (X.690, 8.1.3 and 10.1). */
function isSequence(bytes: Buffer): boolean {
  if (bytes[0] !== 0x30) return false;
  const first = bytes[1] ?? 0;
  if (first < 0x80) return bytes.length === 2 + first;
  const count = first & 0x7f;
  if (count === 0 || count > 3) return false;
  return bytes.length === 2 + count + bytes.readUIntBE(2, count);
}

function isEncryptedOpenSsh(label: string, bytes: Buffer): boolean {
  return label.startsWith("OPENSSH") && bytes.toString("latin1", CIPHER_AT, CIPHER_AT + 4) !== "none";
}
