import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { sql, type Transaction } from "kysely";
import { StoreError } from "../errors.ts";
import { fillOrigins } from "../fill-origins.ts";
import { fillFindings } from "../findings/fill-findings.ts";
import { applyMigrations } from "../migrate.ts";
import { migrations } from "../migrations/migrations.ts";
import type { Schema } from "../schema.ts";
import type { Store } from "../store.ts";
import { connectionOf, type StoreConnection } from "../store-connection.ts";
import { type StoredTable, savedTables, tables } from "../tables.ts";
import { type Header, malformed, parseHeader, parseLine, type Row } from "./backup-format.ts";
import { readLines } from "./read-lines.ts";

/**
 * Reads what {@link exportStore} wrote, on any kind of database and by this version or an earlier one, into a store
 * that is empty. Nothing is stored unless all counts and the hash are right. Throws `STORE_NOT_EMPTY`,
 * `BACKUP_MALFORMED`, `STORE_TOO_NEW` and the store's other errors.
 */
export async function importStore(store: Store, readable: Readable): Promise<void> {
  const { database, dialect } = connectionOf(store);
  await database.transaction().execute(async (transaction) => {
    await dialect.lock(transaction, "migrations");
    await dialect.lock(transaction, "writes");
    await refuseFilled(transaction);
    await new Import(transaction, dialect).read(readable);
  });
  await fillFindings(store.changes);
  await fillOrigins(store.changes);
}

async function refuseFilled(transaction: Transaction<Schema>): Promise<void> {
  for (const { name } of savedTables) {
    const { rows } = await sql`select 1 from ${sql.table(name)} limit 1`.execute(transaction);
    if (rows.length > 0) {
      throw new StoreError("STORE_NOT_EMPTY", `the store is not empty: there are ${name} in it`);
    }
  }
}

class Import {
  readonly #transaction: Transaction<Schema>;
  readonly #dialect: StoreConnection["dialect"];
  readonly #hash = createHash("sha256");
  readonly #counts = new Map<string, number>();
  #waiting: Row[] = [];
  #table: StoredTable | undefined;

  constructor(transaction: Transaction<Schema>, dialect: StoreConnection["dialect"]) {
    this.#transaction = transaction;
    this.#dialect = dialect;
  }

  async read(readable: Readable): Promise<void> {
    let header: Header | undefined;
    let ended = false;
    for await (const line of readLines(readable)) {
      if (ended) throw malformed("something follows the end");
      const text = line.toString("utf8");
      if (header === undefined) {
        header = parseHeader(text);
        await this.#begin(header);
      } else {
        ended = await this.#take(text);
      }
      if (!ended) this.#hash.update(line).update("\n");
    }
    if (header === undefined || !ended) throw malformed("the end is missing");
    await this.#flush();
    this.#checkCounts(header);
    await this.#finish(header);
  }

  /** Brings the tables into the form that the rows have. */
  async #begin({ migration }: Header): Promise<void> {
    const known = migrations.findIndex(({ name }) => name === migration);
    if (known < 0) {
      throw new StoreError(
        "STORE_TOO_NEW",
        `the backup was written by a later version: it is of ${JSON.stringify(migration)}`,
      );
    }
    if (known === migrations.length - 1) return;
    for (const { name } of tables.toReversed())
      await this.#transaction.schema.dropTable(name).ifExists().execute();
    await sql`delete from kysely_migration`.execute(this.#transaction);
    await applyMigrations(this.#transaction, {
      dialect: this.#dialect,
      migrations: migrations.slice(0, known + 1),
    });
  }

  /** Takes a line after the first. True where it was the last. */
  async #take(text: string): Promise<boolean> {
    const line = parseLine(text);
    if ("sha256" in line) {
      if (line.sha256 !== this.#hash.digest("hex")) throw malformed("the hash is not that of the rows");
      return true;
    }
    if (line.table !== this.#table?.name) {
      await this.#flush();
      this.#table = savedTables.find(({ name }) => name === line.table);
      if (this.#table === undefined) throw malformed(`there is no table ${JSON.stringify(line.table)}`);
    }
    this.#waiting.push(line.row);
    if (this.#waiting.length >= this.#table.rowsAtOnce) await this.#flush();
    return false;
  }

  async #flush(): Promise<void> {
    const [first] = this.#waiting;
    if (first === undefined || this.#table === undefined) return;
    const { name } = this.#table;
    const columns = Object.keys(first);
    const values = this.#waiting.map(
      (row) => sql`(${sql.join(columns.map((column) => row[column] ?? null))})`,
    );
    await sql`insert into ${sql.table(name)} (${sql.join(columns.map((column) => sql.ref(column)))})
      values ${sql.join(values)}`.execute(this.#transaction);
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + this.#waiting.length);
    this.#waiting = [];
  }

  #checkCounts({ rows }: Header): void {
    for (const table of new Set([...Object.keys(rows), ...this.#counts.keys()])) {
      const [expected = 0, found = 0] = [rows[table], this.#counts.get(table)];
      if (expected !== found) throw malformed(`expected ${expected} rows of ${table}, found ${found}`);
    }
  }

  async #finish({ migration }: Header): Promise<void> {
    for (const { name, counter } of savedTables) {
      if (counter === undefined || !this.#counts.has(name)) continue;
      await this.#dialect.resumeCounting(this.#transaction, { table: name, column: counter });
    }
    if (migration === migrations.at(-1)?.name) return;
    await applyMigrations(this.#transaction, { dialect: this.#dialect, migrations });
  }
}
