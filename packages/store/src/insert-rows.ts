import { CompiledQuery, type Insertable, type RawBuilder, sql, type Transaction } from "kysely";
import type { Schema } from "./schema.ts";

/** Rows of one INSERT, so that few texts are prepared and kept, and the longest stays short enough to be kept. */
const ROWS_AT_ONCE: readonly number[] = [64, 8, 1];

type ColumnOf<Table extends keyof Schema> = keyof Insertable<Schema[Table]> & string;

/**
 * Inserts many rows into one table. The text of a statement is made once for each size: for each row, building it
 * takes longer than storing what it says.
 */
export class RowInserter<Table extends keyof Schema> {
  readonly #table: Table;
  readonly #columns: readonly ColumnOf<Table>[];
  readonly #key: ColumnOf<Table> | undefined;
  readonly #texts = new Map<number, string>();

  /** With a key, a row takes the place of the one that has the same; no two of one call may. */
  constructor(table: Table, columns: readonly ColumnOf<Table>[], key?: ColumnOf<Table>) {
    this.#table = table;
    this.#columns = columns;
    this.#key = key;
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
      this.#key === undefined ? plain : plain.modifyEnd(this.#replacing(this.#key))
    ).compile();
    this.#texts.set(size, text);
    return text;
  }

  #replacing(key: string): RawBuilder<unknown> {
    const others = this.#columns.filter((column) => column !== key);
    const set = sql.join(others.map((column) => sql`${sql.ref(column)} = excluded.${sql.ref(column)}`));
    return sql`on conflict (${sql.ref(key)}) do update set ${set}`;
  }
}
