import { type Expression, type SqlBool, sql } from "kysely";

/** What a search looks through: the parts in lower case, one per line. */
export function searchable(parts: readonly (string | undefined)[]): string {
  return parts
    .filter((part) => part !== undefined)
    .join("\n")
    .toLowerCase();
}

/** True where the column holds the text, case ignored, taken literally. */
export function holds(column: "images.search" | "launches.search", text: string): Expression<SqlBool> {
  const literal = text.toLowerCase().replaceAll(/[\\%_]/gu, String.raw`\$&`);
  return sql<SqlBool>`${sql.ref(column)} like ${`%${literal}%`} escape '\\'`;
}
