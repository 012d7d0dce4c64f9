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
      throw new IntelError(
        "FEED_TOO_LARGE",
        `${JSON.stringify(file.path)} has more than ${limitBytes} bytes`,
      );
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** Reads a file as JSON of unknown shape. Throws `FEED_DAMAGED` and `FEED_TOO_LARGE`. */
export async function readJson(file: LocatedFile): Promise<unknown> {
  const text = await readText(file);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new IntelError("FEED_DAMAGED", `expected JSON in ${JSON.stringify(file.path)}`, { cause });
  }
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
