import type { Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import type { StoreMigration } from "./store-migration.ts";

/** What must not be deleted, and what makes old records quick to find. */
export const legalHolds: StoreMigration = { name: "0003-legal-holds", up };

async function up(transaction: Transaction<Schema>, { text }: StoreDialect): Promise<void> {
  const { schema } = transaction;
  await schema
    .createTable("legal_holds")
    .addColumn("id", text, (column) => column.primaryKey())
    .addColumn("scope", text, (column) => column.notNull())
    .addColumn("subject", text, (column) => column.notNull())
    .addColumn("since", text)
    .addColumn("until", text)
    .addColumn("reason", text, (column) => column.notNull())
    .addColumn("placed_by", text, (column) => column.notNull())
    .addColumn("placed_at", text, (column) => column.notNull())
    .execute();
  await schema
    .createIndex("records_class_time")
    .on("records")
    .columns(["class", "time", "log_id", "sequence"])
    .execute();
}
