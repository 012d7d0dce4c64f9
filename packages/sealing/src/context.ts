import { SealingError } from "./errors.ts";

/** The place that a secret is sealed for. It opens in no other. */
export interface SealContext {
  /** A table, or the kind of thing: `channels`, `backups`. */
  readonly table: string;
  /** A column, or the part of the thing: `secret`, `content`. */
  readonly column: string;
  /** The row's primary key, or the thing's name. */
  readonly rowId: string;
  /** The version of what the plaintext means, where it has more than one; 1 where absent. */
  readonly schema?: number;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/u;
const MAX_ROW_ID_CHARACTERS = 512;

/**
 * `label|schema|table|column|row id|key id` in UTF-8: the additional data that a ciphertext is bound to. Only
 * the row id may hold the separator, and it stands between fields that may not, so that no two contexts give
 * the same bytes.
 */
export function boundContext(label: string, context: SealContext, keyId: string): Buffer {
  const { table, column, rowId, schema = 1 } = context;
  if (!NAME.test(table)) throw malformed("table", table);
  if (!NAME.test(column)) throw malformed("column", column);
  if (!Number.isSafeInteger(schema) || schema < 1) throw malformed("schema", schema);
  // Lone surrogates all turn into the same bytes.
  if (rowId === "" || rowId.length > MAX_ROW_ID_CHARACTERS || !rowId.isWellFormed())
    throw malformed("row id", rowId);
  return Buffer.from(`${label}|${schema}|${table}|${column}|${rowId}|${keyId}`, "utf8");
}

function malformed(field: string, value: string | number): SealingError {
  const shown = JSON.stringify(value).slice(0, 80);
  return new SealingError("CONTEXT_MALFORMED", `malformed ${field} of the place to seal for: ${shown}`);
}
