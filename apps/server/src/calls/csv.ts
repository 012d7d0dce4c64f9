/** Writes one line of CSV (RFC 4180), with every cell in quotes. */
export function csvLine(cells: readonly unknown[]): string {
  return `${cells.map((cell) => `"${harmless(textOf(cell)).replaceAll('"', '""')}"`).join(",")}\r\n`;
}

/** The value at a path of an item: `status.gate.state`. */
export function valueAt(item: unknown, path: string): unknown {
  let value: unknown = item;
  for (const member of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, member)) return undefined;
    value = Object.entries(value).find(([name]) => name === member)?.[1];
  }
  return value;
}

function textOf(cell: unknown): string {
  if (cell === undefined || cell === null) return "";
  return typeof cell === "string" ? cell : JSON.stringify(cell);
}

/**
 * A spreadsheet takes a cell that begins with one of these for a formula, and names of images and packages come from
 * strangers (OWASP, "CSV injection").
 */
function harmless(text: string): string {
  return /^[=+\-@\t\r\n]/u.test(text) ? `'${text}` : text;
}
