import { type Expression, type SqlBool, sql } from "kysely";

/** What a search looks through: the parts in lower case, one per line. */
export function searchable(parts: readonly (string | undefined)[]): string {
  return parts
    .filter((part) => part !== undefined)
    .join("\n")
    .toLowerCase();
}

/** A pattern for LIKE that finds the text anywhere, taken literally; what it is held against is in lower case. */
export function literalPattern(text: string): string {
  return likeLiteral(text.toLowerCase());
}

/** A pattern for LIKE that finds the text anywhere, taken literally. SQLite takes letters of ASCII in either case for it. */
export function likeLiteral(text: string): string {
  return `%${text.replaceAll(/[\\%_]/gu, String.raw`\$&`)}%`;
}

/** True where the column holds the text, case ignored, taken literally. */
export function holds(
  column: "images.search" | "launches.search" | "detections.search",
  text: string,
): Expression<SqlBool> {
  return sql<SqlBool>`${sql.ref(column)} like ${literalPattern(text)} escape '\\'`;
}

/** True where one of the lines that {@link searchable} wrote is a text, or ends with it; case ignored. */
export function holdsLine(
  column: "launches.search" | "detections.tags",
  line: { readonly whole: string } | { readonly end: string },
): Expression<SqlBool> {
  const pattern = literalPattern("whole" in line ? `\n${line.whole}\n` : `${line.end}\n`);
  return sql<SqlBool>`(${sql.lit("\n")} || ${sql.ref(column)} || ${sql.lit("\n")}) like ${pattern} escape '\\'`;
}
