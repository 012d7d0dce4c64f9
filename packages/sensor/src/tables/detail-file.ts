import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { MiB, parseJson } from "@pratique/core";

/** More than any runtime writes of one container, and what an index of some thousands of them takes. */
export const MAX_DETAILS_BYTES = 4 * MiB;

/**
 * The text of a file of a runtime; undefined where it is not there, cannot be read, or is longer than `maxBytes`. At once: a
 * read that waits for its turn, of which a busy thread has few, would come after what happens in the container.
 */
export function readBounded(file: string, maxBytes: number): string | undefined {
  let descriptor: number | undefined;
  try {
    // A pipe would be waited for.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    return fstatSync(descriptor).size > maxBytes ? undefined : readFileSync(descriptor, "utf8");
  } catch {
    // Another runtime's place.
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Undefined where the text is no JSON: half written, what is not read costs details, not the container. */
export function tryParseJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
