import { SealingError } from "./errors.ts";
import { KEY_ID, MAX_KEY_ID_BYTES } from "./key-record.ts";

/** What a sealed stream begins with. */
export interface StreamHeader {
  readonly keyId: string;
  readonly salt: Uint8Array;
}

/** The plaintext of each chunk but the last, in bytes. A part of the form: another size is another version. */
export const CHUNK_BYTES = 64 * 1024;
export const SALT_BYTES = 32;

/** The magic word with the version. */
const MAGIC = Buffer.from("pratique-sealed-stream/1\n", "latin1");
const ID_LENGTH_AT = MAGIC.length;

/** `magic | length of key id | key id | salt`. */
export function formatHeader({ keyId, salt }: StreamHeader): Buffer {
  return Buffer.concat([MAGIC, Buffer.of(keyId.length), Buffer.from(keyId, "latin1"), salt]);
}

/** Reads a header from the front of a source. Throws `SEAL_MALFORMED`. What follows it is in `rest`. */
export async function readHeader(source: AsyncIterable<Uint8Array>): Promise<{
  readonly header: StreamHeader;
  readonly rest: AsyncIterable<Uint8Array>;
}> {
  const pieces = source[Symbol.asyncIterator]();
  let bytes: Buffer = Buffer.alloc(0);
  let wanted = ID_LENGTH_AT + 1;
  while (bytes.length < wanted) {
    const piece = await pieces.next();
    if (piece.done === true) throw malformed("it ends within its header");
    bytes = Buffer.concat([bytes, piece.value]);
    if (bytes.length > ID_LENGTH_AT) wanted = lengthOf(bytes);
  }
  const keyId = bytes.toString("latin1", ID_LENGTH_AT + 1, wanted - SALT_BYTES);
  if (!KEY_ID.test(keyId)) throw malformed("it names no data key");
  const salt = bytes.subarray(wanted - SALT_BYTES, wanted);
  return { header: { keyId, salt }, rest: continued(bytes.subarray(wanted), pieces) };
}

function lengthOf(bytes: Buffer): number {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw malformed("it does not begin as one");
  const idBytes = bytes[ID_LENGTH_AT] ?? 0;
  if (idBytes > MAX_KEY_ID_BYTES) throw malformed("it names no data key");
  return ID_LENGTH_AT + 1 + idBytes + SALT_BYTES;
}

async function* continued(
  first: Uint8Array,
  pieces: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield first;
    for (let piece = await pieces.next(); piece.done !== true; piece = await pieces.next()) yield piece.value;
  } finally {
    await pieces.return?.();
  }
}

function malformed(why: string): SealingError {
  return new SealingError("SEAL_MALFORMED", `malformed sealed stream: ${why}`);
}
