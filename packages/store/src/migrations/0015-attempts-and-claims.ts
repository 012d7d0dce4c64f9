import { sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import type { StoreMigration } from "./store-migration.ts";

/**
 * Attempts to sign in, which servers that share the store count together; how new the advisories of each host's report
 * are and of which layers it speaks; and which hosts gave an image its names, nobody where that is not known any more.
 * The sessions of the first page go: accounts have had their own since.
 */
export const attemptsAndClaims: StoreMigration = { name: "0015-attempts-and-claims", up };

async function up(transaction: Transaction<Schema>, { text }: StoreDialect): Promise<void> {
  const { schema } = transaction;
  await schema.dropTable("sessions").execute();
  await schema
    .createTable("sign_in_attempts")
    .addColumn("key", text, (column) => column.primaryKey())
    .addColumn("failures", "integer", (column) => column.notNull())
    .addColumn("open_at_ms", "bigint", (column) => column.notNull())
    .addColumn("forget_at_ms", "bigint", (column) => column.notNull())
    .execute();
  await schema.createIndex("sign_in_attempts_forget").on("sign_in_attempts").column("forget_at_ms").execute();
  for (const column of ["built_at", "layers"]) {
    await schema
      .alterTable("image_reports")
      .addColumn(column, text, (added) => added.notNull().defaultTo(""))
      .execute();
  }
  await schema.createIndex("image_reports_host").on("image_reports").column("host").execute();
  await schema
    .alterTable("images")
    .addColumn("layers", text, (column) => column.notNull().defaultTo(""))
    .execute();
  await schema
    .createTable("image_names")
    .addColumn("image_id", text, (column) => column.notNull())
    .addColumn("repository", text, (column) => column.notNull())
    .addColumn("host", text, (column) => column.notNull())
    .addPrimaryKeyConstraint("image_names_key", ["image_id", "repository", "host"])
    .execute();
  await schema.createIndex("image_names_host").on("image_names").column("host").execute();
  await sql`
    insert into image_names (image_id, repository, host)
    select image_id, repository, '' from image_repositories`.execute(transaction);
}
