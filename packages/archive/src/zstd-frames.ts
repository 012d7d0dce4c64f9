import { ArchiveError } from "./errors.ts";

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const DICTIONARY_BYTES = [0, 1, 2, 4];
const CONTENT_SIZE_BYTES = [0, 2, 4, 8];
const RLE_BLOCK = 1;
const RESERVED_BLOCK = 3;

type State = "magic" | "skip-size" | "skip" | "descriptor" | "header" | "block-header" | "block" | "checksum";

/** Bytes that have to be seen together before the state can be left; the others are only counted. */
const WHOLE: ReadonlySet<State> = new Set<State>(["magic", "skip-size", "descriptor", "block-header"]);

/**
 * Cuts a zstd stream at the ends of its frames (RFC 8878 section 3.1), and leaves out frames that say nothing.
 *
 * Node's decompressor stops at the end of the first frame when more bytes come in the same write. What follows
 * would be lost without a word: all but the first file of an image in the zstd:chunked format.
 *
 * Throws `COMPRESSION_DAMAGED` where there is no frame, or where the stream ends inside of one.
 */
export async function* zstdFrames(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const scanner = new FrameScanner();
  for await (const chunk of input) yield* scanner.cut(chunk);
  scanner.end();
}

class FrameScanner {
  #state: State = "magic";
  /** Bytes that the state still waits for. */
  #remaining = 4;
  #collected: number[] = [];
  #hasChecksum = false;
  #isLastBlock = false;

  /** The pieces of a chunk that belong to frames; none of them reaches beyond the end of a frame. */
  *cut(chunk: Uint8Array): Generator<Uint8Array, void, void> {
    let from = 0;
    for (let at = 0; at < chunk.length; ) {
      const length = Math.min(this.#remaining, chunk.length - at);
      const isKept = this.#state !== "magic" && this.#state !== "skip-size" && this.#state !== "skip";
      if (!isKept) from = at + length;
      if (WHOLE.has(this.#state)) this.#collected.push(...chunk.subarray(at, at + length));
      at += length;
      this.#remaining -= length;
      while (this.#remaining === 0) {
        const head = this.#leave();
        if (head !== undefined) yield head;
        if (this.#state === "magic" && isKept && from < at) {
          yield chunk.subarray(from, at);
          from = at;
        }
      }
    }
    if (from < chunk.length) yield chunk.subarray(from);
  }

  end(): void {
    if (this.#state !== "magic" || this.#collected.length > 0) throw damaged("ends early");
  }

  /** Goes on to the next state. Gives the magic number of a frame, which was held back until it was known. */
  #leave(): Uint8Array | undefined {
    const bytes = this.#collected.splice(0);
    switch (this.#state) {
      case "magic":
        return this.#onMagic(bytes);
      case "skip-size":
        this.#go("skip", numberOf(bytes));
        return undefined;
      case "descriptor":
        this.#onDescriptor(bytes[0] ?? 0);
        return undefined;
      case "header":
        this.#go("block-header", 3);
        return undefined;
      case "block-header":
        this.#onBlockHeader(numberOf(bytes));
        return undefined;
      case "block":
        if (!this.#isLastBlock) this.#go("block-header", 3);
        else if (this.#hasChecksum) this.#go("checksum", 4);
        else this.#go("magic", 4);
        return undefined;
      case "skip":
      case "checksum":
        this.#go("magic", 4);
        return undefined;
    }
  }

  #onMagic(bytes: readonly number[]): Uint8Array | undefined {
    const magic = numberOf(bytes);
    if (magic === FRAME_MAGIC) {
      this.#go("descriptor", 1);
      return Uint8Array.from(bytes);
    }
    if (magic - (magic % 16) !== SKIPPABLE_MAGIC) throw damaged("has something that is no frame");
    this.#go("skip-size", 4);
    return undefined;
  }

  #onDescriptor(descriptor: number): void {
    const isSingleSegment = (descriptor & 0x20) !== 0;
    this.#hasChecksum = (descriptor & 0x04) !== 0;
    const contentSize = CONTENT_SIZE_BYTES[descriptor >> 6] ?? 0;
    const header =
      (isSingleSegment ? Math.max(contentSize, 1) : contentSize + 1) +
      (DICTIONARY_BYTES[descriptor & 3] ?? 0);
    this.#go("header", header);
  }

  #onBlockHeader(header: number): void {
    const kind = (header >> 1) & 3;
    if (kind === RESERVED_BLOCK) throw damaged("has a block of a kind that does not exist");
    this.#isLastBlock = (header & 1) !== 0;
    this.#go("block", kind === RLE_BLOCK ? 1 : header >> 3);
  }

  #go(state: State, bytes: number): void {
    this.#state = state;
    this.#remaining = bytes;
  }
}

function numberOf(bytes: readonly number[]): number {
  let value = 0;
  for (const [index, byte] of bytes.entries()) value += byte * 256 ** index;
  return value;
}

function damaged(what: string): ArchiveError {
  return new ArchiveError("COMPRESSION_DAMAGED", `the zstd stream ${what}`);
}
