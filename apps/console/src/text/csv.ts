/**
 * Writes a table as CSV (RFC 4180), every cell in quotes. A spreadsheet takes a cell that begins with one of some
 * characters for a formula, and names of files and hosts come from strangers (OWASP, "CSV injection").
 */
export function csvOf(rows: readonly (readonly (string | number)[])[]): string {
  return rows.map((cells) => `${cells.map(cellOf).join(",")}\r\n`).join("");
}

function cellOf(value: string | number): string {
  const text = String(value);
  const harmless = typeof value === "string" && /^[=+\-@\t\r\n]/u.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}
