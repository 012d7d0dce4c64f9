import type { Transform } from "node:stream";
import { messageOf } from "@pratique/core";

/** Chunks that wait for the reader; the next one is unpacked meanwhile. */
const MAX_QUEUED = 2;

export interface UnpackOptions {
  /** Pieces that may wait behind the one that is being unpacked when the next one is asked for: 0 or 1. */
  readonly waiting: 0 | 1;
}

/**
 * Drives one of Node's decompressors so that its thread never waits for ours: there is always a piece behind the one
 * that is being unpacked, and room for the next chunk while the reader works on the last. Destroys it at the end.
 *
 * Node's own iterators and pipelines take turns with the reader instead, and join what has piled up by copying it.
 */
export async function* unpackPieces(
  unpacker: Transform,
  pieces: AsyncIterable<Uint8Array>,
  options: UnpackOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const unpacked = new UnpackedChunks(unpacker);
  feed(unpacker, pieces, options).catch((thrown: unknown) => {
    unpacker.destroy(thrown instanceof Error ? thrown : new Error(messageOf(thrown)));
  });
  try {
    for (let chunk = await unpacked.next(); chunk !== undefined; chunk = await unpacked.next()) yield chunk;
    // What is written behind the end may never be called back, so that waiting for the feed could be for ever.
    if (!unpacker.writableEnded) throw new Error("they go on behind their end");
  } finally {
    unpacker.destroy();
  }
}

/** Frees the memory of a chunk to whose end the unpacker has written: it goes on in another one. */
export function giveBack({ buffer, byteOffset, length }: Uint8Array, chunkBytes: number): void {
  const isUsedUp = buffer.byteLength === chunkBytes && byteOffset + length === chunkBytes;
  if (isUsedUp && buffer instanceof ArrayBuffer) buffer.transfer(0);
}

async function feed(
  unpacker: Transform,
  pieces: AsyncIterable<Uint8Array>,
  { waiting }: UnpackOptions,
): Promise<void> {
  let before = Promise.resolve();
  for await (const piece of pieces) {
    const written = write(unpacker, piece);
    written.catch(() => undefined);
    await (waiting === 0 ? written : before);
    before = written;
  }
  await before;
  unpacker.end();
}

/** Resolves when the piece has been unpacked, and nobody looks at it any more. */
function write(unpacker: Transform, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    unpacker.write(piece, (error) => {
      if (error === undefined || error === null) resolve();
      else reject(error);
    });
  });
}

/** What comes out of a stream, chunk by chunk as it comes. */
class UnpackedChunks {
  readonly #unpacker: Transform;
  readonly #chunks: Uint8Array[] = [];
  #ended = false;
  #error: unknown;
  #wake: () => void = () => undefined;

  constructor(unpacker: Transform) {
    this.#unpacker = unpacker;
    unpacker.on("data", (chunk: Uint8Array) => {
      this.#chunks.push(chunk);
      if (this.#chunks.length >= MAX_QUEUED) unpacker.pause();
      this.#wake();
    });
    unpacker.on("error", (error) => {
      this.#error = error;
      this.#end();
    });
    unpacker.on("end", () => this.#end());
  }

  /** Undefined at the end. Rejects with the error of the stream. */
  async next(): Promise<Uint8Array | undefined> {
    while (this.#chunks.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#error !== undefined) throw this.#error;
    const chunk = this.#chunks.shift();
    if (chunk !== undefined && this.#unpacker.isPaused()) this.#unpacker.resume();
    return chunk;
  }

  #end(): void {
    this.#ended = true;
    this.#wake();
  }
}
