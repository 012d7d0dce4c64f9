import type { PackageFacts } from "@pratique/core";

/** Licences of one package that are kept. */
const MAX_LICENSES = 256;
/** Characters of one; what is longer is the text of a licence, and no name. */
const MAX_LENGTH = 4096;

/**
 * What a record says of the licences of its package, each text in one line. What is no text, says nothing or is longer than
 * any name is left out.
 */
export function declaredLicenses(values: Iterable<unknown>): Pick<PackageFacts, "licenses"> {
  const licenses = new Set<string>();
  for (const value of values) {
    if (licenses.size === MAX_LICENSES) break;
    if (typeof value !== "string" || value.length > MAX_LENGTH) continue;
    const text = value
      .replaceAll(/[\p{C}\s]+/gu, " ")
      .trim()
      .toWellFormed();
    if (text !== "" && !saysNothing.has(text.toLowerCase())) licenses.add(text);
  }
  return licenses.size === 0 ? {} : { licenses: [...licenses] };
}

/** Of several licences, one may be chosen. */
export function anyOf(values: readonly unknown[]): readonly unknown[] {
  const texts = values.filter((value) => typeof value === "string" && value.trim() !== "");
  return texts.length < 2 ? texts : [texts.map((text) => `(${String(text).trim()})`).join(" OR ")];
}

/** What tools write where nobody has told them. */
const saysNothing: ReadonlySet<string> = new Set([
  "unknown",
  "none",
  "(none)",
  "noassertion",
  "n/a",
  "-",
  "null",
]);
