/**
 * What moves the cursor, ends a line, or turns the direction of text: C0 and C1 controls, line and paragraph
 * separators, marks and overrides of direction, and invisible tags.
 */
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;
const UNSAFE_BUT_BREAKS =
  /(?!\n)[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;
const ELLIPSIS = "…";

/** Text that cannot leave its line nor play with a terminal: such characters are shown as `\u001b`. */
export function oneLine(text: string, maxLength: number): string {
  return truncate(escapeAll(truncate(text, maxLength), UNSAFE), maxLength);
}

/** As {@link oneLine}, for text that may have several lines. */
export function plainText(text: string, maxLength: number): string {
  const cut = truncate(text, maxLength).replaceAll("\r\n", "\n").replaceAll("\t", "    ");
  return truncate(escapeAll(cut, UNSAFE_BUT_BREAKS), maxLength);
}

/** All of a text on one line, whatever its length. JSON without line breaks between its parts stays JSON. */
export function wholeLine(text: string): string {
  return escapeAll(text.toWellFormed(), UNSAFE);
}

/** At most `maxLength` UTF-16 units, with an ellipsis where something was cut off, never half a character. */
export function truncate(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text.toWellFormed();
  const cut = text.slice(0, Math.max(0, maxLength - ELLIPSIS.length)).replace(/[\ud800-\udbff]$/u, "");
  return `${cut.toWellFormed()}${ELLIPSIS}`;
}

function escapeAll(text: string, pattern: RegExp): string {
  return text.replace(pattern, (character) =>
    // Unit by unit, as JSON does it: what was JSON before is JSON still.
    Array.from({ length: character.length }, (_, index) => escapeUnit(character.charCodeAt(index))).join(""),
  );
}

function escapeUnit(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, "0")}`;
}
