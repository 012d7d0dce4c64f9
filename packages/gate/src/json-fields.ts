// Reads JSON of the engine, or of a request whose form was checked, without trusting either: what is missing,
// null or of another type gives the zero value of the type, as in Go.

/** An object whose fields are not known yet. */
export type Fields = Readonly<Record<string, unknown>>;

const NONE: Fields = Object.freeze({});

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : NONE;
}

export function objectIn(fields: Fields, name: string): Fields {
  return fieldsOf(own(fields, name));
}

export function objectsIn(fields: Fields, name: string): readonly Fields[] {
  return listIn(fields, name).filter((item) => isFields(item));
}

export function listIn(fields: Fields, name: string): readonly unknown[] {
  const value = own(fields, name);
  return Array.isArray(value) ? value : [];
}

export function isListIn(fields: Fields, name: string): boolean {
  return Array.isArray(own(fields, name));
}

export function textIn(fields: Fields, name: string): string {
  const value = own(fields, name);
  return typeof value === "string" ? value : "";
}

export function flagIn(fields: Fields, name: string): boolean {
  return own(fields, name) === true;
}

export function numberIn(fields: Fields, name: string): number {
  const value = own(fields, name);
  if (typeof value === "bigint") return Number(value);
  return typeof value === "number" ? value : 0;
}

export function textsIn(fields: Fields, name: string): readonly string[] {
  return listIn(fields, name).filter((item) => typeof item === "string");
}

/** A list of strings, or a string that stands for a list of one (Go: `strslice.StrSlice`). */
export function wordsIn(fields: Fields, name: string): readonly string[] {
  const value = own(fields, name);
  return typeof value === "string" ? [value] : textsIn(fields, name);
}

export function textMapIn(fields: Fields, name: string): Readonly<Record<string, string>> {
  const entries = Object.entries(objectIn(fields, name));
  return Object.fromEntries(entries.map(([key, value]) => [key, typeof value === "string" ? value : ""]));
}

function own(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}
