import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";
import { linkSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { hasCode } from "@pratique/core";
import { syncDirectory, writeDurably } from "./durable-write.ts";
import { toAuditError } from "./errors.ts";

/** The key that signs the head of a log: Ed25519, PKCS #8 PEM, readable by its owner only. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  /** SPKI DER in base64: what a verifier needs. */
  readonly publicKey: string;
}

/** Reads the key in a directory, making it at first use. Two processes that begin at once end with one key. */
export function openSigningKey(directory: string): SigningKey {
  const file = path.join(directory, "key.pem");
  try {
    return fromPem(readFileSync(file, "utf8"));
  } catch (thrown) {
    if (!hasCode(thrown, "ENOENT")) {
      throw toAuditError(thrown, "the signing key cannot be read");
    }
  }
  const pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const temporary = `${file}.${process.pid}`;
  try {
    writeDurably(temporary, pem);
    linkSync(temporary, file);
    syncDirectory(directory);
  } catch (thrown) {
    // Another process was first: its key is the key.
    if (!hasCode(thrown, "EEXIST")) {
      throw toAuditError(thrown, "the signing key cannot be kept");
    }
  } finally {
    rmSync(temporary, { force: true });
  }
  return fromPem(readFileSync(file, "utf8"));
}

/** A short name of a public key, for people to compare: the first 16 hex digits of its SHA-256. */
export function fingerprint(publicKey: string): string {
  return createHash("sha256").update(Buffer.from(publicKey, "base64")).digest("hex").slice(0, 16);
}

function fromPem(pem: string): SigningKey {
  const privateKey = createPrivateKey(pem);
  const publicKey = createPublicKey(privateKey).export({ type: "spki", format: "der" }).toString("base64");
  return { privateKey, publicKey };
}
