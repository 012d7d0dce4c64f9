/** A JSON value before anybody has looked at it. */
export type Fields = Readonly<Record<string, unknown>>;

/** Reads a value as an object. */
export function objectOf(value: unknown): Fields | undefined {
  return isObject(value) ? value : undefined;
}

/** Reads a value as text; an empty one counts as absent. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Reads a value as a whole number, written as one or as text. */
export function wholeOf(value: unknown): number | undefined {
  const number = typeof value === "string" && /^\d{1,15}$/u.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) ? number : undefined;
}

/** Reads a value as a list; anything else is an empty one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The members of a list that are text. */
export function textsOf(value: unknown): readonly string[] {
  return listOf(value).filter((item): item is string => typeof item === "string" && item !== "");
}

/** The members of a list that are objects. */
export function objectsOf(value: unknown): readonly Fields[] {
  return listOf(value).filter(isObject);
}

/**
 * Reads a time: ISO 8601, or `2024-01-31 12:00:00` with or without ` UTC`, which feeds mean as UTC. Milliseconds
 * since 1970; undefined for anything else.
 */
export function timeOf(value: unknown): number | undefined {
  if (typeof value !== "string") return undefined;
  const parts =
    /^(?<day>\d{4}-\d{2}-\d{2})(?:[T ](?<time>\d{2}:\d{2}(?::\d{2})?(?:\.\d{1,9})?)(?:Z| UTC|\+00:00)?)?$/u.exec(
      value.trim(),
    )?.groups;
  if (parts?.day === undefined) return undefined;
  const ms = Date.parse(`${parts.day}T${(parts.time ?? "00:00").slice(0, 12)}Z`);
  return Number.isNaN(ms) || ms < 0 ? undefined : ms;
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
