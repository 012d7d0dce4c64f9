import { foldKey, hasRepeatedName, parseJson } from "@pratique/core";
import { OciError } from "./errors.ts";

/** A JSON object of which nothing is known yet. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/** Parses a JSON document that came with an image. Throws `IMAGE_MALFORMED`. */
export function parseDocument(bytes: Uint8Array, what: string): unknown {
  return parseText(textOfBytes(bytes, what), what);
}

/**
 * Parses a JSON document that engines and registries read as well, which are written in Go: what has one name twice is
 * refused, as they would lay one value over the other. {@link structOf} finds the members that they find. Throws
 * `IMAGE_MALFORMED`.
 */
export function parseGoDocument(bytes: Uint8Array, what: string): unknown {
  const text = textOfBytes(bytes, what);
  const value = parseText(text, what);
  if (hasRepeatedName(text)) throw new OciError("IMAGE_MALFORMED", `${what} has a member twice`);
  return value;
}

/**
 * The members of these names, as Go's encoding/json finds them, which minds no case: `user` sets `User`. Empty where the
 * value is no object. Throws `IMAGE_MALFORMED` where two members would set one.
 */
export function structOf<Name extends string>(
  value: unknown,
  names: readonly Name[],
): Readonly<Partial<Record<Name, unknown>>> {
  const known = new Map(names.map((name) => [foldKey(name), name]));
  const found: Partial<Record<Name, unknown>> = {};
  for (const [key, member] of Object.entries(recordOf(value))) {
    const name = known.get(foldKey(key));
    if (name === undefined) continue;
    if (Object.hasOwn(found, name)) {
      const shown = JSON.stringify(name);
      throw new OciError("IMAGE_MALFORMED", `expected one member ${shown}, found it in two spellings`);
    }
    found[name] = member;
  }
  return found;
}

function textOfBytes(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new OciError("IMAGE_MALFORMED", `${what} is no JSON`, { cause });
  }
}

function parseText(text: string, what: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    throw new OciError("IMAGE_MALFORMED", `${what} is no JSON`, { cause });
  }
}

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value, where it is an object; an empty one otherwise. */
export function recordOf(value: unknown): JsonRecord {
  return isRecord(value) ? value : {};
}

/** The value, where it is text; undefined otherwise. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The texts of an array; empty where it is none. */
export function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** The words of a command, which Go takes as one text as well. */
export function wordsOf(value: unknown): readonly string[] {
  return typeof value === "string" ? [value] : textsOf(value);
}

/** The members of an object that are text. */
export function textRecordOf(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(recordOf(value));
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}
