import type { Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import type { StoreMigration } from "./store-migration.ts";

/**
 * Attempts to sign in, which servers that share the store count together; how new the advisories of each host's report
 * are, and which host named a repository first. The sessions of the first page go: accounts have had their own since.
 */
export const attemptsAndClaims: StoreMigration = { name: "0015-attempts-and-claims", up };

async function up({ schema }: Transaction<Schema>, { text }: StoreDialect): Promise<void> {
  await schema.dropTable("sessions").execute();
  await schema
    .createTable("sign_in_attempts")
    .addColumn("key", text, (column) => column.primaryKey())
    .addColumn("failures", "integer", (column) => column.notNull())
    .addColumn("open_at_ms", "bigint", (column) => column.notNull())
    .addColumn("forget_at_ms", "bigint", (column) => column.notNull())
    .execute();
  await schema.createIndex("sign_in_attempts_forget").on("sign_in_attempts").column("forget_at_ms").execute();
  await schema
    .alterTable("image_reports")
    .addColumn("built_at", text, (column) => column.notNull().defaultTo(""))
    .execute();
  await schema.createIndex("image_reports_host").on("image_reports").column("host").execute();
  await schema
    .alterTable("image_repositories")
    .addColumn("claimed_by", text, (column) => column.notNull().defaultTo(""))
    .execute();
  await schema
    .createIndex("image_repositories_claimed_by")
    .on("image_repositories")
    .column("claimed_by")
    .execute();
}
