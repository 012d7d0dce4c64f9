import type { Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import type { StoreMigration } from "./store-migration.ts";

/** Who certifies hosts, and in which order the starts of their agents were heard. */
export const agents: StoreMigration = { name: "0009-agents", up };

async function up({ schema }: Transaction<Schema>, { text }: StoreDialect): Promise<void> {
  await schema
    .createTable("agent_authorities")
    .addColumn("id", text, (column) => column.primaryKey())
    .addColumn("sealed_keys", text, (column) => column.notNull())
    .execute();
  await schema
    .createTable("agent_runs")
    .addColumn("host", text, (column) => column.notNull())
    .addColumn("run", text, (column) => column.notNull())
    .addColumn("number", "integer", (column) => column.notNull())
    .addPrimaryKeyConstraint("agent_runs_key", ["host", "run"])
    .execute();
}
