import { createHmac, randomBytes } from "node:crypto";
import { SealingError } from "../errors.ts";
import { XAES_KEY_BYTES, XAES_NONCE_BYTES, XAES_TAG_BYTES, XaesKey } from "../xaes.ts";
import type { KeyProvider, RandomBytes } from "./provider.ts";

const FORM = 1;
const FINGERPRINT_BYTES = 8;
const HEADER_BYTES = 1 + FINGERPRINT_BYTES;
const WRAPPED_BYTES = HEADER_BYTES + XAES_NONCE_BYTES + XAES_KEY_BYTES + XAES_TAG_BYTES;

/**
 * A key-encryption key in the memory of this process. Wraps into `1 | fingerprint of the key | nonce |
 * ciphertext | tag` with XAES-256-GCM; the id of the data key is bound as additional data.
 */
export class LocalKey implements KeyProvider {
  readonly kind: string;
  readonly keyId: string;
  readonly #fingerprint: Buffer;
  readonly #key: XaesKey;
  readonly #random: RandomBytes;

  /** Copies the key; the caller zeroes its own. */
  constructor(kind: string, key: Uint8Array, random: RandomBytes = randomBytes) {
    this.kind = kind;
    this.#key = new XaesKey(key);
    this.#fingerprint = markOf(key, "fingerprint").subarray(0, FINGERPRINT_BYTES);
    this.keyId = `${kind}:${this.#fingerprint.toString("hex")}`;
    this.#random = random;
  }

  async wrap(dataKeyId: string, dataKey: Uint8Array): Promise<Uint8Array> {
    const nonce = this.#random(XAES_NONCE_BYTES);
    const sealed = this.#key.encrypt(nonce, dataKey, boundTo(dataKeyId));
    return Buffer.concat([Buffer.of(FORM), this.#fingerprint, nonce, sealed]);
  }

  async unwrap(dataKeyId: string, wrapped: Uint8Array): Promise<Buffer> {
    const bytes = Buffer.from(wrapped);
    if (bytes.length !== WRAPPED_BYTES || bytes[0] !== FORM) {
      throw new SealingError(
        "SEAL_MALFORMED",
        `data key ${JSON.stringify(dataKeyId)} is not wrapped in a known form`,
      );
    }
    if (!bytes.subarray(1, HEADER_BYTES).equals(this.#fingerprint)) {
      throw new SealingError(
        "KEY_WRONG",
        `data key ${JSON.stringify(dataKeyId)} was not wrapped under ${JSON.stringify(this.keyId)}`,
      );
    }
    const nonce = bytes.subarray(HEADER_BYTES, HEADER_BYTES + XAES_NONCE_BYTES);
    return this.#key.decrypt(nonce, bytes.subarray(HEADER_BYTES + XAES_NONCE_BYTES), boundTo(dataKeyId));
  }

  [Symbol.dispose](): void {
    this.#key[Symbol.dispose]();
  }
}

/** A value that only the key gives, and that does not give the key: to tell one key from another. */
export function markOf(key: Uint8Array, label: string): Buffer {
  return createHmac("sha256", key).update(`pratique-kek-v1|${label}`).digest();
}

function boundTo(dataKeyId: string): Buffer {
  return Buffer.from(`pratique-wrap-v1|${dataKeyId}`);
}
