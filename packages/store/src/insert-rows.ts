import { CompiledQuery, type Insertable, type RawBuilder, sql, type Transaction } from "kysely";
import type { Schema } from "./schema.ts";

/** Rows of one INSERT, so that few texts are prepared and kept, and the longest stays short enough to be kept. */
const ROWS_AT_ONCE: readonly number[] = [64, 8, 1];

type ColumnOf<Table extends keyof Schema> = keyof Insertable<Schema[Table]> & string;

/** A row takes the place of the one with the same key; no two of one call may have the same. */
interface Replacing<Table extends keyof Schema> {
  readonly key: readonly ColumnOf<Table>[];
  /** Numbers that are added to what is there. */
  readonly add?: readonly ColumnOf<Table>[];
}

/**
 * Inserts many rows into one table. The text of a statement is made once for each size: for each row, building it
 * takes longer than storing what it says.
 */
export class RowInserter<Table extends keyof Schema> {
  readonly #table: Table;
  readonly #columns: readonly ColumnOf<Table>[];
  readonly #replacing: Replacing<Table> | undefined;
  readonly #texts = new Map<number, string>();

  constructor(table: Table, columns: readonly ColumnOf<Table>[], replacing?: Replacing<Table>) {
    this.#table = table;
    this.#columns = columns;
    this.#replacing = replacing;
  }

  async insert(transaction: Transaction<Schema>, rows: readonly Insertable<Schema[Table]>[]): Promise<void> {
    let from = 0;
    for (const size of ROWS_AT_ONCE) {
      for (; from + size <= rows.length; from += size) {
        const parameters = rows
          .slice(from, from + size)
          .flatMap((row) => this.#columns.map((column) => row[column]));
        const text = this.#textOf(transaction, size, rows[from]);
        await transaction.executeQuery(CompiledQuery.raw(text, parameters));
      }
    }
  }

  #textOf(
    transaction: Transaction<Schema>,
    size: number,
    sample: Insertable<Schema[Table]> | undefined,
  ): string {
    const kept = this.#texts.get(size);
    if (kept !== undefined) return kept;
    // Each in the order of the columns, whatever the order in which a row was written.
    const values = Object.fromEntries(this.#columns.map((column) => [column, sample?.[column]]));
    const rows = Array.from({ length: size }, () => values as Insertable<Schema[Table]>);
    const plain = transaction.insertInto(this.#table).values(rows);
    const { sql: text } = (
      this.#replacing === undefined ? plain : plain.modifyEnd(this.#conflict(this.#replacing))
    ).compile();
    this.#texts.set(size, text);
    return text;
  }

  #conflict({ key, add = [] }: Replacing<Table>): RawBuilder<unknown> {
    const others = this.#columns.filter((column) => !key.includes(column));
    const set = others.map((column) => {
      const held = add.includes(column) ? sql`${sql.ref(`${this.#table}.${column}`)} + ` : sql``;
      return sql`${sql.ref(column)} = ${held}excluded.${sql.ref(column)}`;
    });
    const keys = key.map((column) => sql.ref(column));
    return sql`on conflict (${sql.join(keys)}) do update set ${sql.join(set)}`;
  }
}
