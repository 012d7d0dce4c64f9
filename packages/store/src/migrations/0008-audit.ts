import type { Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import type { StoreMigration } from "./store-migration.ts";

/** The server's log as a tree, where its entries go, and what has been begun and not ended. */
export const audit: StoreMigration = { name: "0008-audit", up };

async function up(transaction: Transaction<Schema>, dialect: StoreDialect): Promise<void> {
  await createTree(transaction, dialect);
  await createEntries(transaction, dialect);
  await createExporters(transaction, dialect);
}

async function createTree({ schema }: Transaction<Schema>, dialect: StoreDialect): Promise<void> {
  await schema
    .createTable("audit_heads")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("size", "bigint", (column) => column.notNull())
    .addColumn("time", dialect.text, (column) => column.notNull())
    .addColumn("frontier", dialect.bytes, (column) => column.notNull())
    .addColumn("checkpoint_size", "bigint", (column) => column.notNull())
    .addColumn("checkpoint", dialect.text)
    .execute();
  await schema
    .createTable("audit_tiles")
    .addColumn("level", "integer", (column) => column.notNull())
    .addColumn("place", "bigint", (column) => column.notNull())
    .addColumn("hashes", dialect.bytes, (column) => column.notNull())
    .addPrimaryKeyConstraint("audit_tiles_key", ["level", "place"])
    .execute();
}

async function createEntries({ schema }: Transaction<Schema>, dialect: StoreDialect): Promise<void> {
  const { text } = dialect;
  await schema
    .createTable("audit_entries")
    .addColumn("place", dialect.counter, (column) => column.primaryKey())
    .addColumn("bytes", dialect.bytes, (column) => column.notNull())
    .addColumn("time", text, (column) => column.notNull())
    .addColumn("class", text, (column) => column.notNull())
    .addColumn("action", text, (column) => column.notNull())
    .addColumn("actor", text, (column) => column.notNull())
    .addColumn("subject", text, (column) => column.notNull())
    .addColumn("decision", text, (column) => column.notNull())
    .addColumn("outcome", text, (column) => column.notNull())
    .addColumn("search", text, (column) => column.notNull())
    .execute();
  for (const column of ["time", "class", "action", "actor", "subject", "decision"]) {
    await schema
      .createIndex(`audit_entries_${column}`)
      .on("audit_entries")
      .columns([column, "place"])
      .execute();
  }
  await schema
    .createTable("audit_openings")
    .addColumn("place", "bigint", (column) => column.notNull())
    .addColumn("field", text, (column) => column.notNull())
    .addColumn("salt", text, (column) => column.notNull())
    .addColumn("value", text, (column) => column.notNull())
    .addPrimaryKeyConstraint("audit_openings_key", ["place", "field"])
    .execute();
  await schema
    .createTable("audit_open_calls")
    .addColumn("call", text, (column) => column.primaryKey())
    .addColumn("place", "bigint", (column) => column.notNull())
    .addColumn("holder", text, (column) => column.notNull())
    .execute();
}

async function createExporters({ schema }: Transaction<Schema>, { text }: StoreDialect): Promise<void> {
  await schema
    .createTable("exporters")
    .addColumn("id", text, (column) => column.primaryKey())
    .addColumn("kind", text, (column) => column.notNull())
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("enabled", "integer", (column) => column.notNull())
    .addColumn("format", text, (column) => column.notNull())
    .addColumn("settings", text, (column) => column.notNull())
    .addColumn("sealed_secrets", text)
    .addColumn("secret_names", text, (column) => column.notNull())
    .addColumn("last_error", text)
    .execute();
  await schema
    .createTable("export_cursors")
    .addColumn("exporter", text, (column) => column.primaryKey())
    .addColumn("sequence", "bigint", (column) => column.notNull())
    .execute();
}
