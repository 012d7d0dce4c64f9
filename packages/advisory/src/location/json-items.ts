import type { LocatedFile } from "@pratique/archive";
import { MiB } from "@pratique/core";
import { AdvisoryError } from "../errors.ts";

/** The largest item that is handed out. */
const MAX_ITEM_BYTES = 16 * MiB;
const MAX_NESTING = 64;

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const OPEN_ARRAY = 0x5b;
const CLOSE_OBJECT = 0x7d;
const CLOSE_ARRAY = 0x5d;

/**
 * Gives the objects in the list that stands under a key of a JSON object, as texts and one after the other: the feeds of a
 * year of NVD have two hundred megabytes. What stands beside the list is passed over.
 *
 * It looks at strings and brackets only; whether an item is sound JSON is found by the one who parses it. Throws
 * `SOURCE_DAMAGED` where the text is no object, has no such list, or ends early, and `SOURCE_TOO_LARGE` beyond the limits.
 */
export async function* readJsonItems(file: LocatedFile, key: string): AsyncGenerator<string> {
  const splitter = new ItemSplitter(file.path, key);
  for await (const chunk of file.stream()) yield* splitter.push(chunk);
  splitter.end();
}

/** The levels: 1 inside the object, 2 inside the list, 3 inside an item. */
const LIST = 2;

class ItemSplitter {
  readonly #path: string;
  readonly #key: string;
  #level = 0;
  #inString = false;
  #escaped = false;
  /** The text that came last in the outer object: in front of a bracket, it is its key. */
  #lastText = "";
  #inList = false;
  #wasList = false;
  #done = false;
  #gathering = false;
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;

  constructor(path: string, key: string) {
    this.#path = path;
    this.#key = JSON.stringify(key);
  }

  *push(chunk: Uint8Array): Generator<string> {
    let start = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (this.#inString) {
        this.#passString(byte);
        if (this.#level === 1 && this.#lastText.length <= this.#key.length) {
          this.#lastText += String.fromCharCode(byte);
        }
        continue;
      }
      switch (byte) {
        case QUOTE:
          this.#inString = true;
          if (this.#level === 0) throw this.#notThat();
          if (this.#level === 1) this.#lastText = '"';
          break;
        case OPEN_OBJECT:
        case OPEN_ARRAY:
          this.#open(byte);
          if (this.#inList && this.#level === LIST + 1) {
            this.#gathering = true;
            start = at;
          }
          break;
        case CLOSE_OBJECT:
        case CLOSE_ARRAY:
          if (this.#gathering && this.#level === LIST + 1) yield this.#take(chunk.subarray(start, at + 1));
          this.#close();
          break;
        case COMMA:
          if (this.#level === 1) this.#lastText = "";
          break;
        default:
          if (this.#level === 0 && byte > 0x20) throw this.#notThat();
      }
    }
    if (this.#gathering) this.#keep(chunk.subarray(start));
  }

  end(): void {
    if (!this.#done) {
      throw new AdvisoryError("SOURCE_DAMAGED", `the JSON of ${JSON.stringify(this.#path)} ends early`);
    }
    if (!this.#wasList) throw this.#notThat();
  }

  #passString(byte: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) this.#inString = false;
  }

  #open(byte: number): void {
    if (this.#level === 0 && (this.#done || byte !== OPEN_OBJECT)) throw this.#notThat();
    if (this.#level === 1 && byte === OPEN_ARRAY && this.#lastText === this.#key) {
      this.#inList = true;
      this.#wasList = true;
    }
    this.#level += 1;
    if (this.#level > MAX_NESTING) throw this.#tooLarge("the nesting");
  }

  #close(): void {
    if (this.#level === 0) throw this.#notThat();
    this.#level -= 1;
    if (this.#level < LIST) this.#inList = false;
    if (this.#level === 0) this.#done = true;
  }

  #take(last: Uint8Array): string {
    const bytes = this.#gatheredBytes === 0 ? last : Buffer.concat([...this.#gathered, last]);
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#gathering = false;
    return new TextDecoder().decode(bytes);
  }

  #keep(part: Uint8Array): void {
    // A copy: the memory of a chunk is given back.
    this.#gathered.push(Buffer.from(part));
    this.#gatheredBytes += part.length;
    if (this.#gatheredBytes > MAX_ITEM_BYTES) throw this.#tooLarge("an item");
  }

  #notThat(): AdvisoryError {
    return new AdvisoryError(
      "SOURCE_DAMAGED",
      `${JSON.stringify(this.#path)} is not a JSON object with a list ${this.#key}`,
    );
  }

  #tooLarge(what: string): AdvisoryError {
    return new AdvisoryError("SOURCE_TOO_LARGE", `${what} in ${JSON.stringify(this.#path)} is too large`);
  }
}
