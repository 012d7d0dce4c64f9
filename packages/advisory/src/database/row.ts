import { AdvisoryError } from "../errors.ts";

/** A row as SQLite gives it. */
export type Row = Readonly<Record<string, unknown>>;

/** Reads a text column. Throws `DATABASE_CORRUPT` where it is something else. */
export function textColumn(row: Row, column: string): string {
  const value = row[column];
  if (typeof value === "string") return value;
  throw unexpected(column);
}

/** Reads a number column. Throws `DATABASE_CORRUPT`. */
export function numberColumn(row: Row, column: string): number {
  const value = row[column];
  if (typeof value === "number") return value;
  throw unexpected(column);
}

/** Reads a blob column. Throws `DATABASE_CORRUPT`. */
export function bytesColumn(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (value instanceof Uint8Array) return value;
  throw unexpected(column);
}

function unexpected(column: string): AdvisoryError {
  return new AdvisoryError("DATABASE_CORRUPT", `column ${column} of the advisory database has another type`);
}
