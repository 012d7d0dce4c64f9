import type { Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import type { StoreMigration } from "./store-migration.ts";

/**
 * What is behind the commitments of the log, sealed, and the servers that share the store. What was kept unsealed stays
 * where it is until a server that has the keys seals it.
 */
export const auditOpenings: StoreMigration = { name: "0014-audit-openings", up };

async function up({ schema }: Transaction<Schema>, { text }: StoreDialect): Promise<void> {
  await schema
    .createTable("audit_sealed_openings")
    // The place and the field in one: what a sealed value is bound to.
    .addColumn("id", text, (column) => column.primaryKey())
    .addColumn("place", "bigint", (column) => column.notNull())
    .addColumn("mark", text, (column) => column.notNull())
    .addColumn("sealed_opening", text, (column) => column.notNull())
    .execute();
  await schema
    .createIndex("audit_sealed_openings_mark")
    .on("audit_sealed_openings")
    .columns(["mark", "place"])
    .execute();
  await schema
    .createTable("servers")
    .addColumn("id", text, (column) => column.primaryKey())
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("address", text, (column) => column.notNull())
    .addColumn("version", text, (column) => column.notNull())
    .addColumn("started_at", text, (column) => column.notNull())
    .addColumn("seen_at", text, (column) => column.notNull())
    .addColumn("listens_for_agents", "integer", (column) => column.notNull())
    .execute();
}
