import { type Kysely, sql } from "kysely";
import type { Schema } from "../schema.ts";
import { type SealedColumn, sealedColumns } from "./sealed-columns.ts";

/** One sealed value and where it lies. */
export interface StoredSealedValue {
  readonly table: string;
  readonly column: string;
  readonly rowId: string;
  readonly sealed: string;
}

/** Everything that is sealed in the store, whatever table it lies in. */
export class SealedValueRepository {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  /** The purposes that something may be sealed for, sorted. */
  purposes(): readonly string[] {
    return [...new Set(sealedColumns.map(({ purpose }) => purpose))];
  }

  /** Up to `limit` values of a purpose after one of them, in an order that stays. */
  async next(
    purpose: string,
    after: Pick<StoredSealedValue, "table" | "column" | "rowId"> | undefined,
    limit: number,
  ): Promise<readonly StoredSealedValue[]> {
    const columns = columnsOf(purpose);
    const begun = after === undefined ? 0 : columns.findIndex((column) => isIn(column, after));
    const found: StoredSealedValue[] = [];
    for (const [index, place] of columns.entries()) {
      if (index < begun || found.length >= limit) continue;
      const from = after !== undefined && isIn(place, after) ? after.rowId : "";
      found.push(...(await this.#page(place, from, limit - found.length)));
    }
    return found;
  }

  /** Replaces a value. False where it is not the one given any more. */
  async replace({ table, column, rowId, sealed }: StoredSealedValue, by: string): Promise<boolean> {
    const place = sealedColumns.find((each) => isIn(each, { table, column }));
    if (place === undefined) return false;
    const { rows } = await sql`
      update ${sql.table(place.table)} set ${sql.ref(place.column)} = ${by}
      where ${sql.ref(place.key)} = ${rowId} and ${sql.ref(place.column)} = ${sealed}
      returning ${sql.ref(place.key)}`.execute(this.#database);
    return rows.length > 0;
  }

  /** How many values begin with a prefix: those that are sealed under one key. */
  async countWith(purpose: string, prefix: string): Promise<number> {
    let total = 0;
    for (const { table, column } of columnsOf(purpose)) {
      const { rows } = await sql<{ found: number }>`
        select count(*) as found from ${sql.table(table)}
        where substr(${sql.ref(column)}, 1, ${sql.lit(prefix.length)}) = ${prefix}`.execute(this.#database);
      total += Number(rows[0]?.found ?? 0);
    }
    return total;
  }

  async #page(
    { table, column, key }: SealedColumn,
    after: string,
    limit: number,
  ): Promise<readonly StoredSealedValue[]> {
    const { rows } = await sql<{ row_id: string; sealed: string }>`
      select ${sql.ref(key)} as row_id, ${sql.ref(column)} as sealed from ${sql.table(table)}
      where ${sql.ref(column)} is not null and ${sql.ref(key)} > ${after}
      order by ${sql.ref(key)} limit ${limit}`.execute(this.#database);
    return rows.map(({ row_id: rowId, sealed }) => ({ table, column, rowId, sealed }));
  }
}

function columnsOf(purpose: string): readonly SealedColumn[] {
  return sealedColumns.filter((column) => column.purpose === purpose);
}

function isIn(place: SealedColumn, { table, column }: Pick<StoredSealedValue, "table" | "column">): boolean {
  return place.table === table && place.column === column;
}
