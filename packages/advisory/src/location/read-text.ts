import type { LocatedFile } from "@pratique/archive";
import { MiB } from "@pratique/core";
import { AdvisoryError } from "../errors.ts";

/** The largest single document that is taken into memory. */
export const MAX_DOCUMENT_BYTES = 64 * MiB;

/**
 * Reads a whole file as UTF-8; bytes that are not become U+FFFD, as one bad byte must not hide a feed. Throws
 * `SOURCE_TOO_LARGE`.
 */
export async function readText(file: LocatedFile): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const chunk of file.stream()) {
    size += chunk.length;
    if (size > MAX_DOCUMENT_BYTES) {
      throw new AdvisoryError(
        "SOURCE_TOO_LARGE",
        `${JSON.stringify(file.path)} has more than ${MAX_DOCUMENT_BYTES} bytes`,
      );
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
