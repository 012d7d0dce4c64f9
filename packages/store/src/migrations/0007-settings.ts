import type { Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import type { StoreMigration } from "./store-migration.ts";

/** Keys, channels, settings, what is to be told to whom, and which server does what only one may do. */
export const settings: StoreMigration = { name: "0007-settings", up };

async function up(transaction: Transaction<Schema>, dialect: StoreDialect): Promise<void> {
  await createKeys(transaction, dialect);
  await createSettings(transaction, dialect);
  await createNotices(transaction, dialect);
}

async function createKeys({ schema }: Transaction<Schema>, { text }: StoreDialect): Promise<void> {
  await schema
    .createTable("key_records")
    .addColumn("id", text, (column) => column.primaryKey())
    .addColumn("purpose", text, (column) => column.notNull())
    .addColumn("use", text, (column) => column.notNull())
    .addColumn("version", "integer", (column) => column.notNull())
    .addColumn("state", text, (column) => column.notNull())
    .addColumn("wrapped", text, (column) => column.notNull())
    .addColumn("wrapped_by", text, (column) => column.notNull())
    .addColumn("since", text, (column) => column.notNull())
    .addUniqueConstraint("key_records_version", ["purpose", "use", "version"])
    .execute();
}

async function createSettings({ schema }: Transaction<Schema>, { text }: StoreDialect): Promise<void> {
  await schema
    .createTable("channels")
    .addColumn("id", text, (column) => column.primaryKey())
    .addColumn("kind", text, (column) => column.notNull())
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("enabled", "integer", (column) => column.notNull())
    .addColumn("settings", text, (column) => column.notNull())
    .addColumn("sealed_secrets", text)
    .addColumn("secret_names", text, (column) => column.notNull())
    .addColumn("revision", text, (column) => column.notNull())
    .addColumn("last_delivery_at", text)
    .addColumn("last_error", text)
    .execute();
  await schema
    .createTable("settings")
    .addColumn("name", text, (column) => column.primaryKey())
    .addColumn("value", text, (column) => column.notNull())
    .addColumn("revision", text, (column) => column.notNull())
    .execute();
  await schema
    .createTable("leases")
    .addColumn("name", text, (column) => column.primaryKey())
    .addColumn("holder", text, (column) => column.notNull())
    .addColumn("until_ms", "bigint", (column) => column.notNull())
    .execute();
}

async function createNotices({ schema }: Transaction<Schema>, dialect: StoreDialect): Promise<void> {
  const { text } = dialect;
  await schema
    .createTable("notices")
    .addColumn("number", dialect.counter, (column) => dialect.sequence(column))
    .addColumn("value", text, (column) => column.notNull())
    .execute();
  await schema
    .createTable("told_notices")
    .addColumn("key", text, (column) => column.primaryKey())
    .addColumn("at_ms", "bigint", (column) => column.notNull())
    .execute();
  await schema
    .createTable("pending_notifications")
    .addColumn("id", text, (column) => column.primaryKey())
    .addColumn("value", text, (column) => column.notNull())
    .execute();
}
