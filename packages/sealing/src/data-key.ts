import { createHmac, createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import { SealingError } from "./errors.ts";
import { XAES_KEY_BYTES, XaesKey } from "./xaes.ts";

/**
 * A data key in memory. What works with it never sees the key itself but one derived from it by HKDF-SHA-256
 * (RFC 5869) for that one use, so that values, streams and indexes share no key.
 */
export class DataKey implements Disposable {
  readonly id: string;
  readonly purpose: string;
  readonly #key: Buffer;
  readonly #sealing: XaesKey;
  /** Derived when it is first asked for: most keys index nothing. */
  #indexing: KeyObject | undefined;
  #disposed = false;

  /** Takes over the buffer, and zeroes it on dispose. */
  constructor(id: string, purpose: string, key: Buffer) {
    if (key.length !== XAES_KEY_BYTES) {
      throw new SealingError("SEAL_MALFORMED", `data key ${JSON.stringify(id)} has ${key.length} bytes`);
    }
    this.id = id;
    this.purpose = purpose;
    this.#key = key;
    const derived = this.#derive("seal", Buffer.alloc(0));
    this.#sealing = new XaesKey(derived);
    derived.fill(0);
  }

  /** The key of sealed values. */
  sealing(): XaesKey {
    return this.#sealing;
  }

  /** The key of the one stream with this salt. The caller zeroes it. */
  streamKey(salt: Uint8Array): Buffer {
    return this.#derive("stream", salt);
  }

  /** HMAC-SHA-256 of a value. */
  index(value: Uint8Array): Buffer {
    this.#indexing ??= this.#indexKey();
    return createHmac("sha256", this.#indexing).update(value).digest();
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#key.fill(0);
    // OpenSSL zeroes it when it is collected.
    this.#indexing = undefined;
    this.#sealing[Symbol.dispose]();
  }

  #indexKey(): KeyObject {
    const derived = this.#derive("index", Buffer.alloc(0));
    const key = createSecretKey(derived);
    derived.fill(0);
    return key;
  }

  #derive(use: string, salt: Uint8Array): Buffer {
    if (this.#disposed) throw new SealingError("KEY_RING_CLOSED", "the data key has been disposed of");
    return Buffer.from(hkdfSync("sha256", this.#key, salt, `pratique-${use}-v1`, XAES_KEY_BYTES));
  }
}
