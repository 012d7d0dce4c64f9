/** A JSON or YAML value before anybody has looked at it. */
export type Fields = Readonly<Record<string, unknown>>;

/** Reads a value as an object. */
export function objectOf(value: unknown): Fields | undefined {
  return isObject(value) ? value : undefined;
}

/** Reads a value as text; an empty one counts as absent. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Reads a value as a list; anything else is an empty one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The members of a list that are text. */
export function textsOf(value: unknown): string[] {
  return listOf(value).filter((item): item is string => typeof item === "string" && item !== "");
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
