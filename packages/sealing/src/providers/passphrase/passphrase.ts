import { randomBytes, timingSafeEqual } from "node:crypto";
import { messageOf } from "@pratique/core";
import { createDurably, readBounded } from "../../durable-file.ts";
import { SealingError } from "../../errors.ts";
import { LocalKey, markOf } from "../local-key.ts";
import type { KeyProvider, KeyProviderEffects } from "../provider.ts";
import { type Argon2Cost, deriveKey } from "./argon2.ts";
import { formatParameters, type PassphraseParameters, parseParameters } from "./parameters.ts";

const KIND = "passphrase";
const MODE = 0o400;
const SALT_BYTES = 16;
const MAX_FILE_BYTES = 4096;
const MAX_PASSPHRASE_BYTES = 1024;
/** A new passphrase that is shorter is refused: what it protects may be tried against off-line. */
const MIN_PASSPHRASE_BYTES = 12;
/** RFC 9106, section 4, second recommended option. */
const DEFAULT_COST: Argon2Cost = { memoryKiB: 64 * 1024, passes: 3, parallelism: 4 };

export interface PassphraseKeyOptions extends Pick<KeyProviderEffects, "random" | "mayCreate"> {
  /** UTF-8 of the passphrase, in Unicode form C. Not kept; the caller zeroes it. */
  readonly passphrase: Uint8Array;
  /** A file with salt, cost and check value, none of them secret. Made at first use. */
  readonly parametersFile: string;
  /** The cost for a file that is made now; an existing file says its own. */
  readonly cost?: Argon2Cost;
}

/**
 * Opens a key-encryption key that Argon2id (RFC 9106) derives from a passphrase. Throws `KEY_WRONG` for another
 * passphrase than the one that the parameters were made with, `KEY_FILE_MALFORMED`, and
 * `KEY_PROVIDER_UNAVAILABLE` when the parameters cannot be read, or are absent and may not be made.
 */
export async function openPassphraseKey(options: PassphraseKeyOptions): Promise<KeyProvider> {
  const { passphrase, parametersFile, mayCreate = true } = options;
  if (passphrase.length > MAX_PASSPHRASE_BYTES) {
    throw new SealingError(
      "KEY_PROVIDER_SETTINGS",
      `the passphrase is longer than ${MAX_PASSPHRASE_BYTES} bytes`,
    );
  }
  const parameters = read(parametersFile) ?? (mayCreate ? await make(options) : undefined);
  if (parameters === undefined) {
    throw new SealingError(
      "KEY_PROVIDER_UNAVAILABLE",
      `there are no passphrase parameters at ${JSON.stringify(parametersFile)}`,
    );
  }
  const key = await deriveKey(passphrase, parameters);
  try {
    if (!timingSafeEqual(markOf(key, "check"), parameters.check)) {
      throw new SealingError(
        "KEY_WRONG",
        `the passphrase is not the one that ${JSON.stringify(parametersFile)} was made with`,
      );
    }
    return new LocalKey(KIND, key, options.random);
  } finally {
    key.fill(0);
  }
}

async function make(options: PassphraseKeyOptions): Promise<PassphraseParameters | undefined> {
  const { passphrase, parametersFile, cost = DEFAULT_COST, random = randomBytes } = options;
  if (passphrase.length < MIN_PASSPHRASE_BYTES) {
    throw new SealingError(
      "KEY_PROVIDER_SETTINGS",
      `expected a passphrase of at least ${MIN_PASSPHRASE_BYTES} bytes, found ${passphrase.length}`,
    );
  }
  const salt = Buffer.from(random(SALT_BYTES));
  const key = await deriveKey(passphrase, { ...cost, salt });
  const parameters = { ...cost, salt, check: markOf(key, "check") };
  key.fill(0);
  // A cost that a later start would refuse must not be written now.
  const text = formatParameters(parseParameters(formatParameters(parameters)));
  attempt("made", () => createDurably(parametersFile, Buffer.from(text), MODE));
  // What counts is what lies there: another process may have been first.
  return read(parametersFile);
}

function read(file: string): PassphraseParameters | undefined {
  const text = attempt("read", () => readBounded(file, MAX_FILE_BYTES));
  return text === undefined ? undefined : parseParameters(text.toString("utf8"));
}

function attempt<Result>(verb: string, act: () => Result): Result {
  try {
    return act();
  } catch (cause) {
    if (cause instanceof SealingError) throw cause;
    const message = `a file of the passphrase provider cannot be ${verb}: ${messageOf(cause)}`;
    throw new SealingError("KEY_PROVIDER_UNAVAILABLE", message, { cause });
  }
}
