import type { Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import type { StoreMigration } from "./store-migration.ts";

/** When records came that say of themselves that they are old. */
export const lateRecords: StoreMigration = { name: "0026-late-records", up };

async function up({ schema }: Transaction<Schema>, { text }: StoreDialect): Promise<void> {
  await schema
    .createTable("late_records")
    .addColumn("log_id", text, (column) => column.notNull())
    .addColumn("day", text, (column) => column.notNull())
    .addColumn("first_sequence", "bigint", (column) => column.notNull())
    .addColumn("last_sequence", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("late_records_key", ["log_id", "day"])
    .execute();
}
