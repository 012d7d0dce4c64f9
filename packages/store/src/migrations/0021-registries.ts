import { sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import type { StoreMigration } from "./store-migration.ts";

/** Registries that are scanned as a whole, and their images with what became of each. */
export const registries: StoreMigration = { name: "0021-registries", up };

async function up(transaction: Transaction<Schema>, dialect: StoreDialect): Promise<void> {
  await createRegistries(transaction, dialect);
  await createImages(transaction, dialect);
}

async function createRegistries({ schema }: Transaction<Schema>, { text }: StoreDialect): Promise<void> {
  await schema
    .createTable("registries")
    .addColumn("id", text, (column) => column.primaryKey())
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("kind", text, (column) => column.notNull())
    .addColumn("address", text, (column) => column.notNull())
    .addColumn("path", text, (column) => column.notNull())
    .addColumn("settings", text, (column) => column.notNull())
    .addColumn("every_minutes", "integer", (column) => column.notNull())
    .addColumn("concurrency", "integer", (column) => column.notNull())
    .addColumn("paused", "integer", (column) => column.notNull())
    .addColumn("sealed_secrets", text)
    .addColumn("secret_names", text, (column) => column.notNull())
    .addColumn("revision", text, (column) => column.notNull())
    .addColumn("round", "integer", (column) => column.notNull().defaultTo(0))
    .addColumn("list_at_ms", "bigint")
    .addColumn("list_tries", "integer", (column) => column.notNull().defaultTo(0))
    .addColumn("list_holder", text)
    .addColumn("list_lease_ms", "bigint")
    .addColumn("listed_at_ms", "bigint")
    .addColumn("error_code", text)
    .addColumn("error_message", text)
    .addColumn("error_advice", text)
    .addColumn("not_before_ms", "bigint", (column) => column.notNull().defaultTo(0))
    .addColumn("wait_code", text, (column) => column.notNull().defaultTo(""))
    .addColumn("unreached", "integer", (column) => column.notNull().defaultTo(0))
    .execute();
}

async function createImages({ schema }: Transaction<Schema>, dialect: StoreDialect): Promise<void> {
  const { text } = dialect;
  await schema
    .createTable("registry_images")
    .addColumn("number", dialect.counter, (column) => dialect.sequence(column))
    .addColumn("registry", text, (column) => column.notNull())
    .addColumn("repository", text, (column) => column.notNull())
    .addColumn("tag", text, (column) => column.notNull())
    .addColumn("platform", text, (column) => column.notNull())
    .addColumn("state", text, (column) => column.notNull())
    .addColumn("priority", "integer", (column) => column.notNull())
    .addColumn("tries", "integer", (column) => column.notNull())
    .addColumn("next_try_ms", "bigint", (column) => column.notNull())
    .addColumn("round", "integer", (column) => column.notNull())
    .addColumn("again", "integer", (column) => column.notNull())
    .addColumn("holder", text)
    .addColumn("lease_ms", "bigint")
    .addColumn("code", text)
    .addColumn("message", text)
    .addColumn("advice", text)
    .addColumn("image_id", text)
    .addColumn("digest", text)
    .addColumn("assessment", text)
    .addColumn("done_at_ms", "bigint")
    .addUniqueConstraint("registry_images_name", ["registry", "repository", "tag", "platform"])
    .execute();
  // What is due next, pushes first.
  await schema
    .createIndex("registry_images_due")
    .on("registry_images")
    .columns(["registry", "state", "priority", "next_try_ms", "number"])
    .where(sql.ref("state"), "in", sql`('waiting', 'running')`)
    .execute();
  await schema
    .createIndex("registry_images_state")
    .on("registry_images")
    .columns(["registry", "state", "number"])
    .execute();
}
