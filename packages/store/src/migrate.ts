import { type Kysely, sql, type Transaction } from "kysely";
import { StoreError } from "./errors.ts";
import type { StoreMigration } from "./migrations/store-migration.ts";
import type { Schema } from "./schema.ts";
import type { StoreDialect } from "./store-dialect.ts";

interface MigrateOptions {
  readonly dialect: StoreDialect;
  readonly migrations: readonly StoreMigration[];
}

/** The table is that of Kysely's own migrator, which wrote it first: databases from then go on being understood. */
type Applied = { kysely_migration: { name: string; timestamp: string } };

/**
 * Brings the tables to the newest form, all or nothing, one server at a time. Throws `STORE_TOO_NEW` where a later
 * Pratique has made them.
 */
export async function migrate(
  database: Kysely<Schema>,
  { dialect, migrations }: MigrateOptions,
): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    await dialect.lock(transaction, "migrations");
    await dialect.prepare();
    await applyMigrations(transaction, { dialect, migrations });
  });
}

/** Runs those of the migrations that the database has not seen. */
export async function applyMigrations(
  transaction: Transaction<Schema>,
  { dialect, migrations }: MigrateOptions,
): Promise<void> {
  const applied = await appliedIn(transaction);
  refuseForeign(applied, migrations);
  const missing = migrations.filter(({ name }) => !applied.has(name));
  // Nobody is in the middle of writing to the tables as they were: whoever writes next sees that they are others.
  if (missing.length > 0) await dialect.lock(transaction, "writes");
  for (const { name, up } of missing) {
    await up(transaction, dialect);
    await transaction
      .withTables<Applied>()
      .insertInto("kysely_migration")
      .values({ name, timestamp: sql`cast(current_timestamp as varchar(255))` })
      .execute();
  }
}

async function appliedIn(transaction: Transaction<Schema>): Promise<ReadonlySet<string>> {
  await transaction.schema
    .createTable("kysely_migration")
    .ifNotExists()
    .addColumn("name", "varchar(255)", (column) => column.notNull().primaryKey())
    .addColumn("timestamp", "varchar(255)", (column) => column.notNull())
    .execute();
  const rows = await transaction
    .withTables<Applied>()
    .selectFrom("kysely_migration")
    .select("name")
    .execute();
  return new Set(rows.map(({ name }) => name));
}

function refuseForeign(applied: ReadonlySet<string>, migrations: readonly StoreMigration[]): void {
  const known = new Set(migrations.map(({ name }) => name));
  const foreign = [...applied].find((name) => !known.has(name));
  if (foreign === undefined) return;
  throw tooNew(foreign);
}

/** What a server says of tables that a later version has made. */
export function tooNew(migration: string): StoreError {
  return new StoreError(
    "STORE_TOO_NEW",
    `the store was written by a later version: it holds the migration ${JSON.stringify(migration)}`,
  );
}
