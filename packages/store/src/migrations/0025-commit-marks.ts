import type { Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import type { StoreMigration } from "./store-migration.ts";

/** By what each open store finds out whether a transaction was stored whose commit was not answered. */
export const commitMarks: StoreMigration = { name: "0025-commit-marks", up };

async function up({ schema }: Transaction<Schema>, { text }: StoreDialect): Promise<void> {
  await schema
    .createTable("commit_marks")
    .addColumn("writer", text, (column) => column.primaryKey())
    .addColumn("mark", "bigint", (column) => column.notNull())
    .addColumn("marked_ms", "bigint", (column) => column.notNull())
    .execute();
}
