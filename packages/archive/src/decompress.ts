import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createGunzip, createZstdDecompress } from "node:zlib";
import { GiB, messageOf } from "@pratique/core";
import { detectCompression, MAGIC_BYTES } from "./compression.ts";
import { ArchiveError } from "./errors.ts";
import { zstdFrames } from "./zstd-frames.ts";

/** Bounds on what unpacking may give. Reaching one throws `LIMIT_REACHED`. */
export interface DecompressLimits {
  /** Bytes of output. */
  readonly bytes: number;
  /** Output for one byte of input, minded once the output is longer than `ratioFromBytes`. */
  readonly ratio: number;
  readonly ratioFromBytes: number;
}

export const defaultDecompressLimits: DecompressLimits = {
  bytes: 64 * GiB,
  ratio: 250,
  ratioFromBytes: GiB,
};

/** Twice as fast as the default of 16 KiB. */
const CHUNK = 256 * 1024;
/** A larger window would let 20 bytes of input claim gigabytes of memory (RFC 8878 section 3.1.1.1.2: 8 MiB is recommended). */
const ZSTD_WINDOW_LOG_MAX = 27;

/**
 * Unpacks gzip and zstd, of several members or frames too, told apart by their first bytes; gives anything else as it
 * is, but refuses bzip2 and xz with `ENTRY_UNSUPPORTED`. Damaged input throws `COMPRESSION_DAMAGED`; errors of
 * the input itself pass through.
 */
export async function* decompress(
  input: AsyncIterable<Uint8Array>,
  limits: Partial<DecompressLimits> = {},
): AsyncGenerator<Uint8Array, void, void> {
  const counted = new CountedInput(input);
  const head = await counted.peek(MAGIC_BYTES);
  const compression = detectCompression(head);
  const meter = new Meter({ ...defaultDecompressLimits, ...limits }, counted);
  switch (compression) {
    case "none":
      for await (const chunk of counted.chunks()) yield meter.pass(chunk);
      return;
    case "gzip":
      yield* gunzip(counted, meter);
      return;
    case "zstd": {
      const params = { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX };
      const unpacker = createZstdDecompress({ chunkSize: CHUNK, params });
      yield* through(counted, { pieces: zstdFrames(counted.chunks()), unpacker, meter });
      return;
    }
    case "bzip2":
    case "xz":
      throw new ArchiveError("ENTRY_UNSUPPORTED", `${compression} compression is not read`);
  }
}

async function* gunzip(input: CountedInput, meter: Meter): AsyncGenerator<Uint8Array, void, void> {
  const unpacker = createGunzip({ chunkSize: CHUNK });
  yield* through(input, { pieces: input.chunks(), unpacker, meter });
  // Node passes over what follows a byte of zero behind a member, be it another member.
  if (unpacker.bytesWritten !== input.bytes) {
    throw new ArchiveError("COMPRESSION_DAMAGED", "something that is not gzip follows the compressed bytes");
  }
}

interface Unpacking {
  /** The input as the unpacker is to get it. */
  readonly pieces: AsyncIterable<Uint8Array>;
  readonly unpacker: NodeJS.ReadWriteStream;
  readonly meter: Meter;
}

async function* through(
  input: CountedInput,
  { pieces, unpacker, meter }: Unpacking,
): AsyncGenerator<Uint8Array, void, void> {
  const abort = new AbortController();
  const fed = pipeline(Readable.from(pieces, { objectMode: true, highWaterMark: 1 }), unpacker, {
    signal: abort.signal,
    end: true,
  });
  // The loop below sees the same error; without a handler here it would count as unhandled.
  fed.catch(() => undefined);
  try {
    for await (const chunk of unpacker) {
      if (chunk instanceof Uint8Array) yield meter.pass(chunk);
    }
    await fed;
  } catch (cause) {
    if (input.failure !== undefined) throw input.failure;
    if (cause instanceof ArchiveError) throw cause;
    throw new ArchiveError("COMPRESSION_DAMAGED", `compressed bytes are damaged: ${messageOf(cause)}`, {
      cause,
    });
  } finally {
    abort.abort();
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
