import { type SealedRow, type SealedRows, sealedTextPrefix } from "@pratique/sealing";
import type { SettingsStore, StoredSealedValue } from "@pratique/store";

/** All that the store holds sealed for one purpose. What it was sealed for is its place there. */
export function sealedRowsIn({ sealedValues }: SettingsStore, purpose: string): SealedRows {
  return {
    next: async (after, limit) => {
      const values = await sealedValues.next(
        purpose,
        after === undefined ? undefined : placeIn(after),
        limit,
      );
      return values.map((value) => ({
        cursor: JSON.stringify([value.table, value.column, value.rowId]),
        context: { table: value.table, column: value.column, rowId: value.rowId },
        sealed: value.sealed,
      }));
    },
    replace: async (row, sealed) =>
      typeof sealed === "string" && (await sealedValues.replace(storedValueOf(row), sealed)),
    countUnder: async (keyId) => await sealedValues.countWith(purpose, sealedTextPrefix(keyId)),
  };
}

function placeIn(cursor: string): Pick<StoredSealedValue, "table" | "column" | "rowId"> {
  const [table = "", column = "", rowId = ""] = JSON.parse(cursor);
  return { table, column, rowId };
}

function storedValueOf({ context, sealed }: SealedRow): StoredSealedValue {
  return { table: context.table, column: context.column, rowId: context.rowId, sealed: String(sealed) };
}
