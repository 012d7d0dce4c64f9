/** An array of PHP; its keys as text. */
export type SerializedArray = ReadonlyMap<string, SerializedValue>;

/** What is read of a value of PHP: texts, numbers as they are written, and arrays. */
export type SerializedValue = string | null | SerializedArray;

const MAX_DEPTH = 64;
const MAX_NUMBER_LENGTH = 32;

/**
 * Reads what PHP's `serialize` wrote of texts, numbers and arrays. Objects, references and anything else that it
 * could hold are not read. Undefined where the bytes are something else, or end early.
 */
export function readSerialized(bytes: Buffer): SerializedValue | undefined {
  return new Reader(bytes).value(0);
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  value(depth: number): SerializedValue | undefined {
    const kind = this.#bytes.toString("latin1", this.#at, this.#at + 2);
    this.#at += 2;
    switch (kind) {
      case "N;":
        return null;
      case "i:":
      case "b:":
      case "d:":
        return this.#until(";");
      case "s:":
        return this.#text();
      case "a:":
        return depth < MAX_DEPTH ? this.#array(depth) : undefined;
      default:
        return undefined;
    }
  }

  /** `5:"texts";`: the length is in bytes, and nothing inside is escaped. */
  #text(): string | undefined {
    const length = this.#length();
    if (length === undefined || !this.#take('"')) return undefined;
    const end = this.#at + length;
    if (end > this.#bytes.length) return undefined;
    const text = this.#bytes.toString("utf8", this.#at, end);
    this.#at = end;
    return this.#take('";') ? text : undefined;
  }

  /** `1:{key value}`. */
  #array(depth: number): SerializedArray | undefined {
    const length = this.#length();
    if (length === undefined || !this.#take("{")) return undefined;
    const array = new Map<string, SerializedValue>();
    for (let index = 0; index < length; index += 1) {
      const key = this.value(MAX_DEPTH);
      const value = typeof key === "string" ? this.value(depth + 1) : undefined;
      if (typeof key !== "string" || value === undefined) return undefined;
      array.set(key, value);
    }
    return this.#take("}") ? array : undefined;
  }

  #length(): number | undefined {
    const digits = this.#until(":");
    return digits !== undefined && /^\d{1,9}$/u.test(digits) ? Number(digits) : undefined;
  }

  #until(mark: string): string | undefined {
    const text = this.#bytes.toString("latin1", this.#at, this.#at + MAX_NUMBER_LENGTH);
    const end = text.indexOf(mark);
    if (end < 0) return undefined;
    this.#at += end + 1;
    return text.slice(0, end);
  }

  #take(expected: string): boolean {
    const found = this.#bytes.toString("latin1", this.#at, this.#at + expected.length);
    this.#at += expected.length;
    return found === expected;
  }
}
