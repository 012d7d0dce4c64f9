import { type Cipheriv, createCipheriv, createDecipheriv, createSecretKey } from "node:crypto";
import { SealingError } from "./errors.ts";

/** The length of a key, of an extended nonce, and of a tag, in bytes. */
export const XAES_KEY_BYTES = 32;
export const XAES_NONCE_BYTES = 24;
export const XAES_TAG_BYTES = 16;

const BLOCK_BYTES = 16;
const HALF_NONCE_BYTES = 12;
/** The low byte of the polynomial by which CMAC doubles a block (NIST SP 800-38B, section 5.3). */
const DOUBLING_BYTE = 0x87;

/**
 * A key of XAES-256-GCM (c2sp.org/XAES-256-GCM): AES-256-GCM under a key derived per message from half of a
 * 192-bit nonce, so that nonces may be drawn at random for 2^80 messages. Not key-committing.
 */
export class XaesKey implements Disposable {
  /** AES-256 on each block by itself, the primitive that the specification is written in: made once, used for all. */
  readonly #blocks: Cipheriv;
  readonly #k1: Buffer;
  #disposed = false;

  /** Keeps what OpenSSL expands the key to, which is zeroed on dispose. The key stays the caller's. */
  constructor(key: Uint8Array) {
    if (key.length !== XAES_KEY_BYTES) {
      throw new SealingError(
        "SEAL_MALFORMED",
        `expected a key of ${XAES_KEY_BYTES} bytes, found ${key.length}`,
      );
    }
    this.#blocks = createCipheriv("aes-256-ecb", key, null).setAutoPadding(false);
    this.#k1 = doubled(this.#blocks.update(Buffer.alloc(BLOCK_BYTES)));
  }

  /** The ciphertext, with the tag at its end. */
  encrypt(nonce: Uint8Array, plaintext: Uint8Array, additionalData: Uint8Array): Buffer {
    const derived = this.#derive(nonce);
    try {
      const key = createSecretKey(derived);
      const cipher = createCipheriv("aes-256-gcm", key, nonce.subarray(HALF_NONCE_BYTES), {
        authTagLength: XAES_TAG_BYTES,
      });
      cipher.setAAD(additionalData);
      return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
    } finally {
      derived.fill(0);
    }
  }

  /** The plaintext. Throws `SEAL_TAMPERED` when anything differs from what was encrypted. */
  decrypt(nonce: Uint8Array, ciphertext: Uint8Array, additionalData: Uint8Array): Buffer {
    if (ciphertext.length < XAES_TAG_BYTES) {
      throw new SealingError(
        "SEAL_MALFORMED",
        `ciphertext of ${ciphertext.length} bytes is shorter than a tag`,
      );
    }
    const derived = this.#derive(nonce);
    try {
      const end = ciphertext.length - XAES_TAG_BYTES;
      const key = createSecretKey(derived);
      const decipher = createDecipheriv("aes-256-gcm", key, nonce.subarray(HALF_NONCE_BYTES), {
        authTagLength: XAES_TAG_BYTES,
      });
      decipher.setAAD(additionalData);
      decipher.setAuthTag(ciphertext.subarray(end));
      const plaintext = decipher.update(ciphertext.subarray(0, end));
      return checked(plaintext, () => decipher.final());
    } finally {
      derived.fill(0);
    }
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#blocks.final();
    this.#k1.fill(0);
  }

  /** Steps 3 to 5 of the specification: both halves of the derived key in one call. */
  #derive(nonce: Uint8Array): Buffer {
    if (this.#disposed) throw new SealingError("KEY_RING_CLOSED", "the key has been disposed of");
    if (nonce.length !== XAES_NONCE_BYTES) {
      throw new SealingError(
        "SEAL_MALFORMED",
        `expected a nonce of ${XAES_NONCE_BYTES} bytes, found ${nonce.length}`,
      );
    }
    const blocks = Buffer.alloc(2 * BLOCK_BYTES);
    for (const counter of [1, 2]) {
      const block = blocks.subarray((counter - 1) * BLOCK_BYTES, counter * BLOCK_BYTES);
      block.set([0, counter, 0x58, 0]);
      block.set(nonce.subarray(0, HALF_NONCE_BYTES), 4);
      for (const [index, byte] of this.#k1.entries()) block[index] = (block[index] ?? 0) ^ byte;
    }
    return this.#blocks.update(blocks);
  }
}

/** Gives the bytes once their tag has been found right, and zeroes them where it is not. */
export function checked(plaintext: Buffer, finish: () => unknown): Buffer {
  try {
    finish();
    return plaintext;
  } catch (cause) {
    plaintext.fill(0);
    throw new SealingError("SEAL_TAMPERED", "the sealed bytes are not what was sealed for this place", {
      cause,
    });
  }
}

/** A block times x in GF(2^128) (step 2). The key-dependent bit picks no branch. */
function doubled(block: Buffer): Buffer {
  const result = Buffer.alloc(BLOCK_BYTES);
  let carry = 0;
  for (let index = BLOCK_BYTES - 1; index >= 0; index--) {
    const byte = block[index] ?? 0;
    result[index] = ((byte << 1) & 0xff) | carry;
    carry = byte >> 7;
  }
  result[BLOCK_BYTES - 1] = (result[BLOCK_BYTES - 1] ?? 0) ^ (carry * DOUBLING_BYTE);
  return result;
}
