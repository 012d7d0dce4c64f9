import type { LocatedFile } from "@pratique/archive";
import { MiB } from "@pratique/core";
import { IntelError } from "../errors.ts";

/** The largest single document, as JSON has to be taken into memory whole. */
export const MAX_DOCUMENT_BYTES = 64 * MiB;

/** Reads a whole file as UTF-8; bytes that are not become U+FFFD. Throws `FEED_TOO_LARGE`. */
async function readText(file: LocatedFile, limitBytes = MAX_DOCUMENT_BYTES): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const chunk of file.stream()) {
    size += chunk.length;
    if (size > limitBytes) {
      throw tooLarge(JSON.stringify(file.path), `has more than ${limitBytes} bytes`);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** Reads a file as JSON of unknown shape. Throws `FEED_DAMAGED` and `FEED_TOO_LARGE`. */
export async function readJson(file: LocatedFile): Promise<unknown> {
  return parseJson(await readText(file), JSON.stringify(file.path));
}

/**
 * Parses JSON of unknown shape; `place` is for messages. Throws `FEED_DAMAGED`, and `FEED_TOO_LARGE` for more values, or
 * deeper ones, than any feed has: a byte of JSON can become fifty in memory, and who walks it could run out of stack.
 */
export function parseJson(text: string, place: string): unknown {
  limitJson(text, place);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new IntelError("FEED_DAMAGED", `expected JSON in ${place}`, { cause });
  }
}

/** Real documents of the largest size have some three million. */
const MAX_VALUES = 4_000_000;
const MAX_NESTING = 64;

/** Looks at brackets, commas and the ends of strings alone; whether it is JSON is found by the parser. */
function limitJson(text: string, place: string): void {
  let values = 0;
  let nesting = 0;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at + 1);
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        values += 1;
        nesting += 1;
        if (nesting > MAX_NESTING) throw tooLarge(place, `is nested more than ${MAX_NESTING} deep`);
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        nesting -= 1;
        break;
      case COMMA:
        values += 1;
        break;
    }
    if (values > MAX_VALUES) throw tooLarge(place, `has more than ${MAX_VALUES} values`);
  }
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Where the quote lies that ends a string; the end of the text where none does. */
function endOfString(text: string, start: number): number {
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at += 1;
  }
  return text.length;
}

function tooLarge(place: string, problem: string): IntelError {
  return new IntelError("FEED_TOO_LARGE", `${place} ${problem}`);
}

/** Whether a file begins as JSON does, and the file again from its start: names of downloads seldom tell. */
export async function sniffJson(
  file: LocatedFile,
): Promise<{ readonly isJson: boolean; readonly file: LocatedFile }> {
  const chunks: Uint8Array[] = [];
  const rest = file.stream()[Symbol.asyncIterator]();
  let head = "";
  let size = 0;
  while ((head.trim() === "" || size < MARK_BYTES) && chunks.length < MAX_SNIFFED_CHUNKS) {
    const { done, value } = await rest.next();
    if (done === true) break;
    chunks.push(Buffer.from(value));
    // The decoder takes a byte order mark away, once it is whole.
    size += value.length;
    head = new TextDecoder().decode(Buffer.concat(chunks).subarray(0, SNIFFED_BYTES));
  }
  return {
    isJson: /^\s*[[{]/u.test(head),
    file: { path: file.path, stream: () => resumed(chunks, rest) },
  };
}

const MARK_BYTES = 4;
const SNIFFED_BYTES = 256;
const MAX_SNIFFED_CHUNKS = 64;

async function* resumed(
  chunks: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* chunks;
  yield* { [Symbol.asyncIterator]: () => rest };
}
