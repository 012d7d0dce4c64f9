import { constants, createZstdDecompress } from "node:zlib";
import { GiB, messageOf } from "@pratique/core";
import { detectCompression, MAGIC_BYTES } from "./compression.ts";
import { ArchiveError } from "./errors.ts";
import { CHUNK_BYTES, type GzipUnpacker } from "./gzip/gzip-unpacker.ts";
import { gzipUnpackers } from "./gzip/gzip-unpackers.ts";
import { giveBack, unpackPieces } from "./unpack-pieces.ts";
import { zstdFrames } from "./zstd-frames.ts";

/** Bounds on what unpacking may give. Reaching one throws `LIMIT_REACHED`. */
export interface DecompressLimits {
  /** Bytes of output. */
  readonly bytes: number;
  /** Output for one byte of input, minded once the output is longer than `ratioFromBytes`. */
  readonly ratio: number;
  readonly ratioFromBytes: number;
}

const defaultDecompressLimits: DecompressLimits = {
  bytes: 64 * GiB,
  ratio: 250,
  ratioFromBytes: GiB,
};

export interface DecompressOptions extends Partial<DecompressLimits> {
  /**
   * The caller is done with a chunk when it asks for the next one, and its memory is given back then: waiting for
   * the garbage collector to find a gigabyte of chunks costs as much as half of the unpacking. False where absent.
   */
  readonly transient?: boolean;
  /** What unpacks gzip; the fastest that this machine has where absent. */
  readonly gzip?: GzipUnpacker;
}

/** A larger window would let 20 bytes of input claim gigabytes of memory (RFC 8878 section 3.1.1.1.2: 8 MiB is recommended). */
const ZSTD_WINDOW_LOG_MAX = 27;

/**
 * Unpacks gzip and zstd, of several members or frames too, told apart by their first bytes; gives anything else as it
 * is, but refuses bzip2 and xz with `ENTRY_UNSUPPORTED`. Damaged input throws `COMPRESSION_DAMAGED`; errors of
 * the input itself pass through.
 *
 * A chunk of the input has to stay as it is until two more have been asked for.
 */
export async function* decompress(
  input: AsyncIterable<Uint8Array>,
  { transient = false, gzip, ...limits }: DecompressOptions = {},
): AsyncGenerator<Uint8Array, void, void> {
  const counted = new CountedInput(input);
  const head = await counted.peek(MAGIC_BYTES);
  const compression = detectCompression(head);
  const meter = new Meter({ ...defaultDecompressLimits, ...limits }, counted);
  switch (compression) {
    case "none":
      for await (const chunk of counted.chunks()) yield meter.pass(chunk);
      return;
    case "gzip": {
      const { unpack } = gzip ?? gzipUnpackers()[0];
      yield* metered(counted, meter, unpack(counted.chunks(), { transient }));
      return;
    }
    case "zstd":
      yield* metered(counted, meter, unzstd(counted.chunks(), transient));
      return;
    case "bzip2":
    case "xz":
      throw new ArchiveError("ENTRY_UNSUPPORTED", `${compression} compression is not read`);
  }
}

async function* unzstd(
  pieces: AsyncIterable<Uint8Array>,
  transient: boolean,
): AsyncGenerator<Uint8Array, void, void> {
  const params = { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX };
  const unpacker = createZstdDecompress({ chunkSize: CHUNK_BYTES, params });
  // Chunks between two pieces may have nothing to say, so that a waiting piece could be of any age.
  for await (const chunk of unpackPieces(unpacker, zstdFrames(pieces), { waiting: 0 })) {
    yield chunk;
    if (transient) giveBack(chunk, CHUNK_BYTES);
  }
}

/** Passes on what is within the limits, and says of which kind an error is. */
async function* metered(
  input: CountedInput,
  meter: Meter,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    for await (const chunk of chunks) yield meter.pass(chunk);
  } catch (cause) {
    if (input.failure !== undefined) throw input.failure;
    if (cause instanceof ArchiveError) throw cause;
    throw new ArchiveError("COMPRESSION_DAMAGED", `compressed bytes are damaged: ${messageOf(cause)}`, {
      cause,
    });
  }
}

class Meter {
  readonly #limits: DecompressLimits;
  readonly #input: CountedInput;
  #bytes = 0;

  constructor(limits: DecompressLimits, input: CountedInput) {
    this.#limits = limits;
    this.#input = input;
  }

  pass(chunk: Uint8Array): Uint8Array {
    this.#bytes += chunk.length;
    const { bytes, ratio, ratioFromBytes } = this.#limits;
    if (this.#bytes > bytes) {
      throw new ArchiveError("LIMIT_REACHED", `unpacked bytes are more than ${bytes}`);
    }
    if (this.#bytes > ratioFromBytes && this.#bytes > ratio * this.#input.bytes) {
      throw new ArchiveError(
        "LIMIT_REACHED",
        `compressed bytes unpack to more than ${ratio} times their length`,
      );
    }
    return chunk;
  }
}

/** Input that can be looked at before it is read, and that remembers how much was read and why it failed. */
class CountedInput {
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #peeked: Uint8Array[] = [];
  bytes = 0;
  failure: unknown;

  constructor(input: AsyncIterable<Uint8Array>) {
    this.#iterator = input[Symbol.asyncIterator]();
  }

  /** The first bytes, fewer only where there are no more. */
  async peek(length: number): Promise<Uint8Array> {
    let seen = 0;
    while (seen < length) {
      const chunk = await this.#next();
      if (chunk === undefined) break;
      this.#peeked.push(chunk);
      seen += chunk.length;
    }
    return Buffer.concat(this.#peeked);
  }

  async *chunks(): AsyncGenerator<Uint8Array, void, void> {
    try {
      yield* this.#peeked;
      for (let chunk = await this.#next(); chunk !== undefined; chunk = await this.#next()) yield chunk;
    } finally {
      await this.#iterator.return?.();
    }
  }

  async #next(): Promise<Uint8Array | undefined> {
    try {
      const { done, value } = await this.#iterator.next();
      if (done === true) return undefined;
      this.bytes += value.length;
      return value;
    } catch (cause) {
      this.failure = cause;
      throw cause;
    }
  }
}
