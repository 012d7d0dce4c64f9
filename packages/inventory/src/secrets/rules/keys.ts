import { judgePrivateKey } from "../private-key.ts";
import { isRecord } from "../record.ts";
import type { SecretJudgement, SecretMatch, SecretRule } from "../secret-rule.ts";
import { isBech32 } from "../token-check.ts";

/** The signature of the token that jwt.io shows to everybody. */
const KNOWN_SIGNATURE = "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";

/** What proves who somebody is: keys, and tokens that were signed with one. */
export const keys: readonly SecretRule[] = [
  {
    id: "private-key",
    title: "Private key",
    severity: "high",
    confidence: "high",
    keywords: ["-----BEGIN "],
    pattern:
      /-----BEGIN (?<kind>(?:RSA |EC |DSA |OPENSSH |ENCRYPTED |PGP |ANY )?)PRIVATE KEY(?<block>(?: BLOCK)?)-----/dy,
    judge: judgePrivateKey,
    skipIn: ["vendored", "documentation"],
    unsureIn: ["tests"],
  },
  {
    id: "putty-key",
    title: "Private key of PuTTY",
    severity: "high",
    confidence: "high",
    keywords: ["PuTTY-User-Key-File-"],
    pattern:
      /(?<secret>PuTTY-User-Key-File-[23]: [a-z0-9-]{3,40}\r?\nEncryption: none\r?\n[\s\S]{40,8000}?Private-Lines: \d{1,3}\r?\n[A-Za-z0-9+/=\r\n]{40,4000})/dy,
    reachBytes: 12_500,
    judge: ({ secret }) => ({ shown: `a key (${secret.length} characters)` }),
    skipIn: ["vendored", "documentation"],
    unsureIn: ["tests"],
  },
  {
    id: "age-key",
    title: "Secret key of age",
    severity: "high",
    confidence: "high",
    keywords: ["AGE-SECRET-KEY-1"],
    pattern: /(?<secret>AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58})(?![A-Z0-9])/dy,
    judge: ({ secret }) => (isBech32(secret) ? {} : undefined),
    skipIn: ["vendored", "documentation"],
    unsureIn: ["tests"],
  },
  {
    id: "jwt",
    title: "JSON Web Token",
    severity: "medium",
    confidence: "high",
    keywords: ["eyJh", "eyJ0", "eyJr", "eyJj"],
    pattern:
      /(?<![A-Za-z0-9_-])(?<secret>(?<header>eyJ[A-Za-z0-9_-]{12,1000})\.(?<claims>eyJ[A-Za-z0-9_-]{10,3000})\.(?<signature>[A-Za-z0-9_-]{20,1400}))(?![A-Za-z0-9_-])/dy,
    reachBytes: 5500,
    judge: judgeToken,
    skipIn: ["vendored", "documentation", "tests"],
  },
];

/** A token is signed, and its head and its claims are JSON (RFC 7519 section 7.2). */
function judgeToken({ groups }: SecretMatch): SecretJudgement | undefined {
  if (groups.signature === KNOWN_SIGNATURE) return undefined;
  const header = decoded(groups.header ?? "");
  const isToken = header !== undefined && typeof header.alg === "string" && header.alg !== "none";
  return isToken && decoded(groups.claims ?? "") !== undefined ? {} : undefined;
}

function decoded(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
