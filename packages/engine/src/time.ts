import type { JsonView } from "./json-view.ts";

/** What Go writes for a time that was never set. */
const ZERO_TIME = "0001-01-01T00:00:00Z";
/** The last second that a Date can hold. */
const MAX_SECONDS = 8.64e12;

/**
 * A time as the engine writes it, seconds since 1970 or ISO 8601, as a member to spread into an object;
 * no member where the time was never set or is none.
 */
export function parseTime<Name extends string>(
  name: Name,
  view: JsonView,
): { readonly [Key in Name]?: string } {
  const iso = typeof view.value === "number" ? fromSeconds(view.number()) : fromText(view.string());
  // TypeScript widens a computed name to an index signature; the object has exactly this member.
  return (iso === undefined ? {} : { [name]: iso }) as { readonly [Key in Name]?: string };
}

function fromSeconds(seconds: number): string | undefined {
  if (seconds <= 0 || seconds > MAX_SECONDS) return undefined;
  return new Date(seconds * 1000).toISOString();
}

function fromText(text: string): string | undefined {
  return text === ZERO_TIME || Number.isNaN(Date.parse(text)) ? undefined : text;
}
