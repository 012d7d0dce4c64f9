import { type JsonObject, type JsonValue, parseJson } from "@pratique/core";
import { AuditError } from "../errors.ts";

/** How deep objects and arrays may lie in each other. */
const MAX_DEPTH = 32;

/**
 * The one JSON text of a value, after RFC 8785: members sorted by the UTF-16 units of their names, no white space,
 * numbers and strings as ECMAScript writes them. Unpaired surrogates become U+FFFD, since UTF-8 has no form for
 * them. Throws `EVENT_MALFORMED` for a number that is not finite and for what is nested too deeply.
 */
export function canonicalJson(value: JsonValue): string {
  return write(value, 0);
}

/** Reads an object that is in the one form that {@link canonicalJson} gives; undefined for anything else. */
export function parseCanonicalObject(text: string): JsonObject | undefined {
  try {
    const value = parseJson(text);
    return isJsonObject(value) && isCanonical(value, text) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Almost every text is the one that the platform writes for a value with sorted members, which is quickly seen. The
 * rest is written anew: names like numbers, which objects sort in their own way, and what may be half a surrogate.
 */
function isCanonical(value: JsonObject, text: string): boolean {
  if (!text.includes("\\ud") && isSorted(value, 0) && JSON.stringify(value) === text) return true;
  return canonicalJson(value) === text;
}

function isSorted(value: JsonValue, depth: number): boolean {
  if (value === null || typeof value !== "object") return true;
  if (depth >= MAX_DEPTH) return false;
  if (isArray(value)) return value.every((item) => isSorted(item, depth + 1));
  let last: string | undefined;
  for (const key in value) {
    if (last !== undefined && key <= last) return false;
    last = key;
    const member = value[key];
    if (typeof member === "object" && !isSorted(member, depth + 1)) return false;
  }
  return true;
}

function write(value: JsonValue, depth: number): string {
  if (typeof value === "string") return writeString(value);
  if (typeof value === "number" && !Number.isFinite(value)) throw malformed("a number is not finite");
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (depth >= MAX_DEPTH) throw malformed(`nested over ${MAX_DEPTH} levels`);
  if (isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(",")}]`;
  let text = "";
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member === undefined) continue;
    text += `${text === "" ? "" : ","}${writeString(key)}:${write(member, depth + 1)}`;
  }
  return `{${text}}`;
}

function writeString(text: string): string {
  return JSON.stringify(text.isWellFormed() ? text : text.toWellFormed());
}

/** `Array.isArray` does not know readonly arrays. */
function isArray(value: readonly JsonValue[] | JsonObject): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** What `JSON.parse` gave is JSON: only the outermost form has to be looked at. */
function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function malformed(what: string): AuditError {
  return new AuditError("EVENT_MALFORMED", `the event cannot be written as JSON: ${what}`);
}
