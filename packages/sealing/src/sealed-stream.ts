import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { boundContext, type SealContext } from "./context.ts";
import type { DataKey } from "./data-key.ts";
import { SealingError } from "./errors.ts";
import type { KeyRing } from "./key-ring.ts";
import type { RandomBytes } from "./providers/provider.ts";
import { checkPurpose } from "./sealer.ts";
import { CHUNK_BYTES, formatHeader, readHeader, SALT_BYTES, type StreamHeader } from "./stream-header.ts";
import { checked, XAES_TAG_BYTES } from "./xaes.ts";

export interface SealedStreamOptions {
  readonly keys: KeyRing;
  readonly random?: RandomBytes;
}

const LABEL = "pratique-stream-v1";
const NONCE_BYTES = 12;
const FINAL_AT = NONCE_BYTES - 1;
/** 256 TiB; far below where the counter of a nonce would come around. */
const MAX_CHUNKS = 2 ** 32;

/**
 * Seals blobs and backups of any length in chunks (the STREAM construction of Hoang, Reyhanitabar, Rogaway and
 * Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", section 7). Each stream has a
 * key of its own, derived from the data key and a random salt; a chunk's nonce is its number and whether it is
 * the last; header and place are bound to each chunk. Both directions hold no more than a few chunks.
 *
 * ```ts
 * await pipeline(source, (bytes) => streams.seal("backup", context, bytes), target);
 * ```
 */
export class SealedStream {
  readonly #keys: KeyRing;
  readonly #random: RandomBytes;

  constructor({ keys, random = randomBytes }: SealedStreamOptions) {
    this.#keys = keys;
    this.#random = random;
  }

  /** Seals what the source gives. */
  async *seal(
    purpose: string,
    context: SealContext,
    source: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Buffer, void, undefined> {
    const key = await this.#keys.current(purpose);
    const header = { keyId: key.id, salt: this.#random(SALT_BYTES) };
    const bound = bind(header, context);
    using chunkKey = new ChunkKey(key, header.salt, bound);
    yield formatHeader(header);
    for await (const { bytes, number, last } of inChunks(source, CHUNK_BYTES)) {
      yield chunkKey.encrypt(bytes, number, last);
    }
  }

  /**
   * Opens what {@link seal} gave. Each chunk is given only after its tag was found right, but the whole is known
   * to be whole only when the iteration has ended without a throw: put it where it is used after that. Throws
   * `SEAL_MALFORMED`; `KEY_UNKNOWN`; `SEAL_TAMPERED` for chunks that were changed, cut off, added, reordered, or
   * sealed for another place; and what the source throws.
   */
  async *open(
    purpose: string,
    context: SealContext,
    source: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Buffer, void, undefined> {
    const { header, rest } = await readHeader(source);
    const bound = bind(header, context);
    const key = await this.#keys.byId(header.keyId);
    checkPurpose(key, purpose);
    using chunkKey = new ChunkKey(key, header.salt, bound);
    for await (const { bytes, number, last } of inChunks(rest, CHUNK_BYTES + XAES_TAG_BYTES)) {
      const plaintext = chunkKey.decrypt(bytes, number, last);
      // An empty chunk at the end of others would let one plaintext have two forms.
      if (plaintext.length === 0 && number > 0) {
        throw new SealingError("SEAL_TAMPERED", "the sealed stream ends with an empty chunk");
      }
      yield plaintext;
    }
  }
}

/** The key of one stream, gone from memory when the block with `using` ends. */
class ChunkKey implements Disposable {
  readonly #key: Buffer;
  readonly #bound: Uint8Array;

  constructor(key: DataKey, salt: Uint8Array, bound: Uint8Array) {
    this.#key = key.streamKey(salt);
    this.#bound = bound;
  }

  encrypt(plaintext: Uint8Array, number: number, last: boolean): Buffer {
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonceOf(number, last), {
      authTagLength: XAES_TAG_BYTES,
    });
    cipher.setAAD(this.#bound);
    return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  }

  decrypt(chunk: Uint8Array, number: number, last: boolean): Buffer {
    const end = chunk.length - XAES_TAG_BYTES;
    if (end < 0) throw new SealingError("SEAL_TAMPERED", "the sealed stream ends within a chunk");
    const decipher = createDecipheriv("aes-256-gcm", this.#key, nonceOf(number, last), {
      authTagLength: XAES_TAG_BYTES,
    });
    decipher.setAAD(this.#bound);
    decipher.setAuthTag(chunk.subarray(end));
    const plaintext = decipher.update(chunk.subarray(0, end));
    return checked(plaintext, () => decipher.final());
  }

  [Symbol.dispose](): void {
    this.#key.fill(0);
  }
}

function bind(header: StreamHeader, context: SealContext): Buffer {
  const hash = createHash("sha256").update(formatHeader(header));
  return hash.update(boundContext(LABEL, context, header.keyId)).digest();
}

/** Eleven bytes of number and one that says whether the chunk is the last. */
function nonceOf(number: number, last: boolean): Buffer {
  if (number >= MAX_CHUNKS)
    throw new SealingError("SEAL_TOO_LARGE", `a stream has at most ${MAX_CHUNKS} chunks`);
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeUInt32BE(number, FINAL_AT - 4);
  nonce[FINAL_AT] = last ? 1 : 0;
  return nonce;
}

interface Chunk {
  readonly bytes: Buffer;
  /** From 0. */
  readonly number: number;
  readonly last: boolean;
}

/** Cuts into pieces of one size; the last is what is left, and is empty only where all is. */
async function* inChunks(
  source: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Chunk, void, undefined> {
  let bytes = Buffer.alloc(size);
  let length = 0;
  let number = 0;
  for await (const piece of source) {
    for (let offset = 0; offset < piece.length; ) {
      if (length === size) {
        yield { bytes, number, last: false };
        bytes = Buffer.alloc(size);
        length = 0;
        number += 1;
      }
      const part = piece.subarray(offset, offset + size - length);
      bytes.set(part, length);
      length += part.length;
      offset += part.length;
    }
  }
  yield { bytes: bytes.subarray(0, length), number, last: true };
}
