import { createHash } from "node:crypto";
import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { sql, type Transaction } from "kysely";
import { migrations } from "../migrations/migrations.ts";
import type { Schema } from "../schema.ts";
import type { Store } from "../store.ts";
import { connectionOf } from "../store-connection.ts";
import { type StoredTable, savedTables } from "../tables.ts";
import { FORMAT, FORMAT_VERSION, formatRow, type Header } from "./backup-format.ts";

/**
 * Writes all that the store remembers, as it is at one moment, and ends the stream; others go on writing meanwhile.
 * Sign-in secrets and jobs are left out. What is written can be read into any kind of database by
 * {@link importStore}. A few rows are held in memory at a time. Throws StoreError, and whatever the stream throws.
 */
export async function exportStore(store: Store, writable: Writable): Promise<void> {
  const { database, dialect } = connectionOf(store);
  await dialect.snapshot(database, (transaction) =>
    pipeline(Readable.from(hashed(lines(transaction))), writable),
  );
}

async function* hashed(content: AsyncIterable<string>): AsyncIterable<string> {
  const hash = createHash("sha256");
  for await (const line of content) {
    hash.update(`${line}\n`);
    yield `${line}\n`;
  }
  yield `${JSON.stringify({ sha256: hash.digest("hex") })}\n`;
}

async function* lines(transaction: Transaction<Schema>): AsyncIterable<string> {
  yield JSON.stringify(await headerOf(transaction));
  for (const table of savedTables) yield* rowsOf(transaction, table);
}

async function headerOf(transaction: Transaction<Schema>): Promise<Header> {
  const rows: Record<string, number> = {};
  for (const { name } of savedTables) {
    const { count } = await transaction
      .selectFrom(name)
      .select(({ fn }) => fn.countAll().as("count"))
      .executeTakeFirstOrThrow();
    rows[name] = Number(count);
  }
  return { format: FORMAT, version: FORMAT_VERSION, migration: migrations.at(-1)?.name ?? "", rows };
}

async function* rowsOf(
  transaction: Transaction<Schema>,
  { name, key, rowsAtOnce }: StoredTable,
): AsyncIterable<string> {
  const columns = sql.join(key.map((column) => sql.ref(column)));
  let last: Readonly<Record<string, unknown>> | undefined;
  do {
    const place = last;
    const after =
      place === undefined
        ? sql``
        : sql`where (${columns}) > (${sql.join(key.map((column) => place[column]))})`;
    const page = await sql<Record<string, unknown>>`
      select * from ${sql.table(name)} ${after} order by ${columns} limit ${rowsAtOnce}`.execute(transaction);
    for (const row of page.rows) yield formatRow(name, row);
    last = page.rows.length < rowsAtOnce ? undefined : page.rows.at(-1);
  } while (last !== undefined);
}
