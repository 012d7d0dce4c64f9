import { MiB } from "@pratique/core";
import { AdvisoryError } from "../errors.ts";

/** The largest single document that is taken into memory. */
export const MAX_DOCUMENT_BYTES = 64 * MiB;

/** One file of a feed, decompressed, wherever it came from. Its content can be read once. */
export interface AdvisoryFile {
  /** For people, and for choosing by name: relative to what was named, archives included. */
  readonly path: string;
  stream(): AsyncIterable<Uint8Array>;
}

/** Reads a whole file of at most `limitBytes`. Throws `SOURCE_TOO_LARGE`. */
async function readWhole(file: AdvisoryFile, limitBytes: number = MAX_DOCUMENT_BYTES): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of file.stream()) {
    size += chunk.length;
    if (size > limitBytes) {
      throw new AdvisoryError(
        "SOURCE_TOO_LARGE",
        `${JSON.stringify(file.path)} has more than ${limitBytes} bytes`,
      );
    }
    chunks.push(chunk);
  }
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, size);
}

/** Reads a whole file as UTF-8; bytes that are not become U+FFFD, as one bad byte must not hide a feed. */
export async function readText(file: AdvisoryFile): Promise<string> {
  return new TextDecoder().decode(await readWhole(file));
}
