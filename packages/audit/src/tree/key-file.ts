import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { hasCode } from "@pratique/core";
import { writeDurably } from "../durable-write.ts";
import { AuditError, toAuditError } from "../errors.ts";
import { ed25519Signer, type LocalSigner, type SignatureType } from "./note-key.ts";

/**
 * Reads the Ed25519 key of a log or a witness from a file (PKCS #8, PEM), making it at first use, for its owner's
 * eyes only. Two processes that begin at once end with one key. Keep the file apart from the log's storage. Throws
 * `KEY_MALFORMED`, `DISK_FULL` or `LOG_UNWRITABLE`.
 */
export function openNoteKey(file: string, name: string, type?: SignatureType): LocalSigner {
  const pem = readPem(file) ?? makePem(file);
  return ed25519Signer(name, parsePem(file, pem), type);
}

function readPem(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (thrown) {
    if (hasCode(thrown, "ENOENT")) return undefined;
    throw toAuditError(thrown, "the signing key cannot be read");
  }
}

function makePem(file: string): string {
  const pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const temporary = `${file}.${process.pid}`;
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    writeDurably(temporary, pem);
    linkSync(temporary, file);
    return pem;
  } catch (thrown) {
    // Another process was first: its key is the key.
    const other = hasCode(thrown, "EEXIST") ? readPem(file) : undefined;
    if (other === undefined) throw toAuditError(thrown, "the signing key cannot be kept");
    return other;
  } finally {
    rmSync(temporary, { force: true });
  }
}

function parsePem(file: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new AuditError("KEY_MALFORMED", `there is no private key in ${JSON.stringify(file)}`, { cause });
  }
}
