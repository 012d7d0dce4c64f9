import { createPrivateKey, type KeyObject } from "node:crypto";
import path from "node:path";
import { AuditError, ed25519Signer, type LocalSigner, openNoteKey } from "@pratique/audit";
import { messageOf } from "@pratique/core";
import { readSecretFile, SealingError } from "@pratique/sealing";

const MAX_FILE_BYTES = 4096;

/** The keys that a server has for its log. */
export interface SigningKeys {
  /** Tells the server from others, also from those that it shares the signing key with: the public half of a key of its own. */
  readonly serverId: string;
  /** Signs checkpoints. */
  readonly signer: LocalSigner;
}

export interface SigningKeyPlace {
  /** Holds the server's own `key.pem`, which is made where it is missing. */
  readonly directory: string;
  /** The key that servers share. It is never made: servers that each made one would not share it. */
  readonly keyFile?: string | undefined;
  readonly origin: string;
}

/** Opens them. Throws `KEY_FILE_EXPOSED`, `KEY_MALFORMED`, or what {@link openNoteKey} throws. */
export function openSigningKeys({ directory, keyFile, origin }: SigningKeyPlace): SigningKeys {
  const own = openNoteKey(path.join(directory, "key.pem"), origin);
  const signer = keyFile === undefined ? own : ed25519Signer(origin, readShared(keyFile));
  return { serverId: own.key.vkey, signer };
}

function readShared(file: string): KeyObject {
  try {
    const pem = readSecretFile(file, MAX_FILE_BYTES);
    if (pem === undefined) throw new Error("there is no such file");
    return createPrivateKey(pem);
  } catch (cause) {
    if (cause instanceof SealingError) throw cause;
    const message = `the signing key cannot be read from ${JSON.stringify(file)}: ${messageOf(cause)}`;
    throw new AuditError("KEY_MALFORMED", message, { cause });
  }
}
