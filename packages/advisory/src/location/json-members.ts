import type { LocatedFile } from "@pratique/archive";
import { KiB, MiB } from "@pratique/core";
import { AdvisoryError } from "../errors.ts";

/** One member found at the wanted depth: the keys that lead to it, and its value as text. */
export interface JsonMember {
  readonly keys: readonly string[];
  readonly text: string;
}

/** The largest value that is handed out whole. */
const MAX_MEMBER_BYTES = 16 * MiB;
const MAX_KEY_BYTES = 4 * KiB;
const MAX_NESTING = 64;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const OPEN_ARRAY = 0x5b;
const CLOSE_OBJECT = 0x7d;
const CLOSE_ARRAY = 0x5d;

/**
 * Cuts a JSON object of objects into its members at a depth, without ever holding more than one of them: the
 * feeds of distributions have a hundred megabytes and more.
 *
 * It looks at strings and brackets only; whether a member is sound JSON is found by the one who parses it.
 * Throws `SOURCE_DAMAGED` where the text is no object, or ends early, and `SOURCE_TOO_LARGE` beyond the limits.
 */
export async function* readJsonMembers(file: LocatedFile, depth: number): AsyncGenerator<JsonMember> {
  const splitter = new MemberSplitter(file.path, depth);
  for await (const chunk of file.stream()) yield* splitter.push(chunk);
  splitter.end();
}

class MemberSplitter {
  readonly #path: string;
  readonly #depth: number;
  readonly #decoder = new TextDecoder();
  /** The key last read at each level above the members. */
  readonly #keys: string[] = [];
  #level = 0;
  #inString = false;
  #escaped = false;
  /** What is being gathered: a key or a member's value, from earlier chunks. */
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  #gathering: "nothing" | "key" | "value" = "nothing";
  #expectsKey = false;
  #done = false;

  constructor(path: string, depth: number) {
    this.#path = path;
    this.#depth = depth;
  }

  *push(chunk: Uint8Array): Generator<JsonMember> {
    let start = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (this.#inString) {
        at = this.#skipString(chunk, at);
        if (this.#inString) continue;
        if (this.#gathering === "key") {
          this.#keys[this.#level - 1] = this.#decodeKey(chunk.subarray(start, at + 1));
          this.#expectsKey = false;
        }
      } else if (byte === QUOTE) {
        this.#inString = true;
        if (this.#level === 0) throw this.#notAnObject();
        if (this.#expectsKey && this.#level <= this.#depth) {
          this.#gathering = "key";
          start = at;
        }
      } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        this.#open(byte);
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        if (this.#level === this.#depth && this.#gathering === "value") {
          yield this.#member(chunk.subarray(start, at));
        }
        this.#close();
      } else if (byte === COMMA && this.#level <= this.#depth) {
        if (this.#level === this.#depth && this.#gathering === "value") {
          yield this.#member(chunk.subarray(start, at));
        }
        this.#expectsKey = true;
      } else if (byte === COLON && this.#level === this.#depth && this.#gathering === "nothing") {
        this.#gathering = "value";
        start = at + 1;
      } else if (this.#level === 0 && byte > 0x20) {
        throw this.#notAnObject();
      }
    }
    if (this.#gathering !== "nothing") this.#keep(chunk.subarray(start));
  }

  end(): void {
    if (!this.#done) {
      throw new AdvisoryError("SOURCE_DAMAGED", `the JSON of ${JSON.stringify(this.#path)} ends early`);
    }
  }

  /** Moves to the closing quote, or to the chunk's last byte. */
  #skipString(chunk: Uint8Array, from: number): number {
    for (let at = from; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) {
        this.#inString = false;
        return at;
      }
    }
    return chunk.length;
  }

  #open(byte: number): void {
    if (this.#level === 0 && (this.#done || byte !== OPEN_OBJECT)) throw this.#notAnObject();
    if (this.#level < this.#depth && byte !== OPEN_OBJECT) throw this.#notAnObject();
    this.#level += 1;
    this.#expectsKey = this.#level <= this.#depth;
    if (this.#level > MAX_NESTING) throw this.#tooLarge("nesting");
  }

  #close(): void {
    this.#level -= 1;
    if (this.#level < 0) throw this.#notAnObject();
    if (this.#level === 0) this.#done = true;
  }

  #member(last: Uint8Array): JsonMember {
    const text = this.#take(last);
    return { keys: this.#keys.slice(0, this.#depth), text };
  }

  #decodeKey(last: Uint8Array): string {
    const text = this.#take(last);
    try {
      const key: unknown = JSON.parse(text);
      if (typeof key === "string") return key;
    } catch {
      // Answered below: a key with a bad escape is told apart by its own raw text.
    }
    return text;
  }

  #take(last: Uint8Array): string {
    const text = this.#decoder.decode(
      this.#gatheredBytes === 0 ? last : Buffer.concat([...this.#gathered, last]),
    );
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#gathering = "nothing";
    return text;
  }

  #keep(part: Uint8Array): void {
    // A copy: the memory of a chunk is given back.
    this.#gathered.push(Buffer.from(part));
    this.#gatheredBytes += part.length;
    const limit = this.#gathering === "key" ? MAX_KEY_BYTES : MAX_MEMBER_BYTES;
    if (this.#gatheredBytes > limit) throw this.#tooLarge(this.#gathering);
  }

  #notAnObject(): AdvisoryError {
    return new AdvisoryError(
      "SOURCE_DAMAGED",
      `${JSON.stringify(this.#path)} is not a JSON object of the expected depth`,
    );
  }

  #tooLarge(what: string): AdvisoryError {
    return new AdvisoryError("SOURCE_TOO_LARGE", `a ${what} in ${JSON.stringify(this.#path)} is too large`);
  }
}
