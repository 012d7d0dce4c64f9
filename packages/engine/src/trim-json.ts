import { KiB } from "@pratique/core";
import { EngineError } from "./errors.ts";

/** Of one text: names, references and digests are shorter. */
const MAX_STRING_BYTES = 4 * KiB;
/** Of one member of an item: its labels, its tags, its networks. */
const MAX_MEMBER_BYTES = 64 * KiB;
const MAX_DEPTH = 256;

const [QUOTE, BACKSLASH, COMMA, LETTER_U] = [0x22, 0x5c, 0x2c, 0x75];
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];
/** The bits by which a byte of UTF-8 says that it goes on with a character. */
const [CONTINUES_MASK, CONTINUES] = [0xc0, 0x80];

/**
 * Cuts JSON of an engine while it arrives: texts that are very long, and the rest of an object or a list in an item that
 * is very large. An image's author chooses how long its labels are, and a list holds those of all images: it must not be
 * that a few of them keep all others from being listed.
 *
 * `itemDepth` says how deep an item's members lie: 1 where each document is an item, 2 in a list of items. What comes out is
 * JSON where what goes in is. Rejects with `ENGINE_MALFORMED` for what is nested very deeply.
 */
export async function* trimJson(
  body: AsyncIterable<Uint8Array>,
  itemDepth: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const trimmer = new JsonTrimmer(itemDepth);
  for await (const chunk of body) yield trimmer.trim(chunk);
}

class JsonTrimmer {
  readonly #itemDepth: number;
  #depth = 0;
  #isInString = false;
  /** Bytes that belong to an escape, and are not looked at. */
  #escaped = 0;
  #isEscapeBegun = false;
  #stringBytes = 0;
  /** The text that is read now has been cut. */
  #isCut = false;
  /** Bytes that were kept, in all and before the member that is read now. */
  #kept = 0;
  #keptBefore = 0;
  /** Nothing is kept before what is this deep ends; 0: all is. */
  #skippedDepth = 0;

  constructor(itemDepth: number) {
    this.#itemDepth = itemDepth;
  }

  trim(chunk: Uint8Array): Uint8Array {
    const kept = new Uint8Array(chunk.byteLength);
    let length = 0;
    for (const byte of chunk) {
      if (!(this.#isInString ? this.#isKeptInString(byte) : this.#isKept(byte))) continue;
      kept[length] = byte;
      length += 1;
      this.#kept += 1;
    }
    return kept.subarray(0, length);
  }

  #isKeptInString(byte: number): boolean {
    if (this.#isEscapeBegun) {
      this.#isEscapeBegun = false;
      // Four digits of hex follow.
      this.#escaped = byte === LETTER_U ? 4 : 0;
    } else if (this.#escaped > 0) {
      this.#escaped -= 1;
    } else if (byte === QUOTE) {
      this.#isInString = false;
      return this.#skippedDepth === 0;
    } else {
      this.#isCut ||= this.#stringBytes >= MAX_STRING_BYTES && (byte & CONTINUES_MASK) !== CONTINUES;
      this.#isEscapeBegun = byte === BACKSLASH;
    }
    this.#stringBytes += 1;
    return !this.#isCut && this.#skippedDepth === 0;
  }

  #isKept(byte: number): boolean {
    switch (byte) {
      case QUOTE:
        this.#isInString = true;
        this.#isCut = false;
        this.#stringBytes = 0;
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        this.#open();
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        if (this.#skippedDepth === this.#depth) this.#skippedDepth = 0;
        this.#depth -= 1;
        break;
      case COMMA:
        if (this.#skippedDepth === 0 && this.#isMemberFull()) this.#skippedDepth = this.#depth;
        break;
    }
    return this.#skippedDepth === 0;
  }

  #open(): void {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) {
      throw new EngineError("ENGINE_MALFORMED", `answer of the engine is over ${MAX_DEPTH} levels deep`);
    }
    if (this.#depth === this.#itemDepth + 1) this.#keptBefore = this.#kept;
  }

  #isMemberFull(): boolean {
    return this.#depth > this.#itemDepth && this.#kept - this.#keptBefore >= MAX_MEMBER_BYTES;
  }
}
