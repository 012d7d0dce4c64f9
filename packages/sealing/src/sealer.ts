import { randomBytes } from "node:crypto";
import { boundContext, type SealContext } from "./context.ts";
import type { DataKey } from "./data-key.ts";
import { SealingError } from "./errors.ts";
import type { KeyRing } from "./key-ring.ts";
import type { RandomBytes } from "./providers/provider.ts";
import {
  formatSealedBytes,
  formatSealedText,
  MAX_PLAINTEXT_BYTES,
  parseSealedBytes,
  parseSealedText,
  type SealedValue,
} from "./sealed-value.ts";
import { XAES_NONCE_BYTES } from "./xaes.ts";

export interface SealerOptions {
  readonly keys: KeyRing;
  readonly random?: RandomBytes;
}

const LABEL = "pratique-value-v1";

/**
 * Seals values of up to 16 MiB, each for one place. A sealed value tells its key
 * and the length of the plaintext, nothing else.
 */
export class Sealer {
  readonly #keys: KeyRing;
  readonly #random: RandomBytes;

  constructor({ keys, random = randomBytes }: SealerOptions) {
    this.#keys = keys;
    this.#random = random;
  }

  /** Seals for a text column. Texts are sealed as UTF-8. */
  async seal(purpose: string, context: SealContext, plaintext: string | Uint8Array): Promise<string> {
    return formatSealedText(await this.#seal(purpose, context, plaintext));
  }

  /** Seals for a column of bytes. */
  async sealBytes(purpose: string, context: SealContext, plaintext: string | Uint8Array): Promise<Buffer> {
    return formatSealedBytes(await this.#seal(purpose, context, plaintext));
  }

  /**
   * Opens what {@link seal} or {@link sealBytes} gave. Throws `SEAL_MALFORMED`; `KEY_UNKNOWN`; `SEAL_TAMPERED`
   * when purpose, place or any byte differ; and what the ring throws. The caller owns the buffer.
   */
  async open(purpose: string, context: SealContext, sealed: string | Uint8Array): Promise<Buffer> {
    const { keyId, nonce, ciphertext } = parseSealed(sealed);
    const bound = boundContext(LABEL, context, keyId);
    const key = await this.#keys.byId(keyId);
    checkPurpose(key, purpose);
    return key.sealing().decrypt(nonce, ciphertext, bound);
  }

  /**
   * A mark by which equal values can be found without being opened: HMAC-SHA-256 in base64url, under a key that
   * seals nothing. It tells which rows are equal, so it is no place for values that can be guessed by count.
   */
  async blindIndex(purpose: string, value: string | Uint8Array): Promise<string> {
    const key = await this.#keys.current(purpose, "index");
    return key.index(bytesOf(value)).toString("base64url");
  }

  /** The marks of a value under every index key that is not retired, newest first: to look up while one rotates. */
  async blindIndexes(purpose: string, value: string | Uint8Array): Promise<readonly string[]> {
    const keys = await this.#keys.live(purpose, "index");
    return keys.map((key) => key.index(bytesOf(value)).toString("base64url"));
  }

  async #seal(purpose: string, context: SealContext, plaintext: string | Uint8Array): Promise<SealedValue> {
    const bytes = bytesOf(plaintext);
    if (bytes.length > MAX_PLAINTEXT_BYTES) {
      throw new SealingError(
        "SEAL_TOO_LARGE",
        `expected at most ${MAX_PLAINTEXT_BYTES} bytes to seal, found ${bytes.length}`,
      );
    }
    const key = await this.#keys.current(purpose);
    const nonce = this.#random(XAES_NONCE_BYTES);
    const bound = boundContext(LABEL, context, key.id);
    return { keyId: key.id, nonce, ciphertext: key.sealing().encrypt(nonce, bytes, bound) };
  }
}

/** Throws `SEAL_TAMPERED` for a key of another purpose: a value of one part must not pass for one of another. */
export function checkPurpose(key: DataKey, purpose: string): void {
  if (key.purpose === purpose) return;
  throw new SealingError(
    "SEAL_TAMPERED",
    `expected a value sealed for ${JSON.stringify(purpose)}, found one for ${JSON.stringify(key.purpose)}`,
  );
}

/** The parts of a sealed value in either form. */
export function parseSealed(sealed: string | Uint8Array): SealedValue {
  return typeof sealed === "string" ? parseSealedText(sealed) : parseSealedBytes(sealed);
}

function bytesOf(value: string | Uint8Array): Uint8Array {
  if (typeof value !== "string") return value;
  if (value.isWellFormed()) return Buffer.from(value, "utf8");
  throw new SealingError("SEAL_MALFORMED", "the text to seal has a lone surrogate, which UTF-8 cannot hold");
}
