/**
 * Writes a table as CSV (RFC 4180), every cell in quotes. A spreadsheet takes a cell that begins with one of some
 * characters for a formula, and names of files and hosts come from strangers (OWASP, "CSV injection").
 */
export function csvOf(rows: readonly (readonly (string | number)[])[]): string {
  return rows.map((cells) => `${cells.map(cellOf).join(",")}\r\n`).join("");
}

/** A table for {@link csvOf}: the names of its columns, then what each of them tells of each item. */
export function csvRows<Item>(
  items: readonly Item[],
  columns: Readonly<Record<string, (item: Item) => string | number>>,
): readonly (readonly (string | number)[])[] {
  const cells = Object.values(columns);
  return [Object.keys(columns), ...items.map((item) => cells.map((cell) => cell(item)))];
}

function cellOf(value: string | number): string {
  const text = String(value);
  const harmless = typeof value === "string" && /^[=+\-@\t\r\n]/u.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}
