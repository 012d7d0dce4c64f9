import { randomBytes } from "node:crypto";
import { messageOf } from "@pratique/core";
import { decodeSecret, encodeSecret } from "../../base64.ts";
import { createDurably, readSecretFile } from "../../durable-file.ts";
import { SealingError } from "../../errors.ts";
import { XAES_KEY_BYTES } from "../../xaes.ts";
import { LocalKey } from "../local-key.ts";
import type { KeyProvider, KeyProviderEffects } from "../provider.ts";

const KIND = "file";
const MODE = 0o400;
const MAX_FILE_BYTES = 64;
const NEWLINE = 0x0a;

export interface FileKeyOptions extends Pick<KeyProviderEffects, "random" | "mayCreate"> {
  /** A file with 32 bytes in base64 and a newline. Made at first use, with mode 0400. */
  readonly file: string;
}

/**
 * Opens a key-encryption key that lies in a file. Throws `KEY_FILE_EXPOSED`, `KEY_FILE_MALFORMED`, and
 * `KEY_PROVIDER_UNAVAILABLE` when the file cannot be read, or is absent and may not be made.
 */
export async function openFileKey({
  file,
  mayCreate = true,
  random = randomBytes,
}: FileKeyOptions): Promise<KeyProvider> {
  const key = read(file) ?? (mayCreate ? make(file, random) : undefined);
  if (key === undefined) {
    throw new SealingError("KEY_PROVIDER_UNAVAILABLE", `there is no key file ${JSON.stringify(file)}`);
  }
  try {
    return new LocalKey(KIND, key, random);
  } finally {
    key.fill(0);
  }
}

function make(file: string, random: NonNullable<FileKeyOptions["random"]>): Buffer | undefined {
  const key = random(XAES_KEY_BYTES);
  const text = encodeSecret(key);
  const line = Buffer.alloc(text.length + 1, NEWLINE);
  line.set(text);
  try {
    createDurably(file, line, MODE);
  } catch (cause) {
    throw new SealingError("KEY_PROVIDER_UNAVAILABLE", `the key file cannot be made: ${messageOf(cause)}`, {
      cause,
    });
  } finally {
    for (const secret of [key, text, line]) secret.fill(0);
  }
  // What counts is what lies there: another process may have been first.
  return read(file);
}

function read(file: string): Buffer | undefined {
  let text: Buffer | undefined;
  try {
    text = readSecretFile(file, MAX_FILE_BYTES);
  } catch (cause) {
    if (cause instanceof SealingError) throw cause;
    throw new SealingError("KEY_PROVIDER_UNAVAILABLE", `the key file cannot be read: ${messageOf(cause)}`, {
      cause,
    });
  }
  if (text === undefined) return undefined;
  const key = decodeSecret(text.at(-1) === NEWLINE ? text.subarray(0, -1) : text);
  text.fill(0);
  if (key?.length === XAES_KEY_BYTES) return key;
  throw new SealingError(
    "KEY_FILE_MALFORMED",
    `expected ${XAES_KEY_BYTES} bytes in base64 in the key file ${JSON.stringify(file)}`,
  );
}
