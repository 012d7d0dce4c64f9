import { sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import type { StoreMigration } from "./store-migration.ts";

/** The jobs: all of them where the store runs its own queue, those that are done where a library runs it. */
export const jobs: StoreMigration = { name: "0002-jobs", up };

async function up(transaction: Transaction<Schema>, dialect: StoreDialect): Promise<void> {
  const { schema } = transaction;
  await schema
    .createTable("jobs")
    .addColumn("id", dialect.counter, (column) => dialect.sequence(column))
    .addColumn("name", dialect.text, (column) => column.notNull())
    .addColumn("payload", dialect.text, (column) => column.notNull())
    .addColumn("key", dialect.text)
    .addColumn("priority", "integer", (column) => column.notNull())
    .addColumn("run_at_ms", "bigint", (column) => column.notNull())
    .addColumn("attempts", "integer", (column) => column.notNull())
    .addColumn("max_attempts", "integer", (column) => column.notNull())
    .addColumn("state", dialect.text, (column) => column.notNull())
    .addColumn("lease_until_ms", "bigint")
    .addColumn("error", dialect.text)
    .execute();
  await schema.createIndex("jobs_due").on("jobs").columns(["state", "priority", "run_at_ms", "id"]).execute();
  await schema
    .createIndex("jobs_key")
    .unique()
    .on("jobs")
    .column("key")
    .where(sql.ref("state"), "=", "queued")
    .execute();
}
