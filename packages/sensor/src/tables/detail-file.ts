import { open } from "node:fs/promises";
import { MiB } from "@pratique/core";

/** More than any runtime writes of one container, and what an index of some thousands of them takes. */
export const MAX_DETAILS_BYTES = 4 * MiB;

/** The text of a file of a runtime; undefined where it is not there, cannot be read, or is longer than `maxBytes`. */
export async function readBounded(file: string, maxBytes: number): Promise<string | undefined> {
  try {
    await using handle = await open(file, "r");
    const { size } = await handle.stat();
    return size > maxBytes ? undefined : await handle.readFile("utf8");
  } catch {
    // Another runtime's place.
    return undefined;
  }
}

/** Undefined where the text is no JSON: half written, what is not read costs details, not the container. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
