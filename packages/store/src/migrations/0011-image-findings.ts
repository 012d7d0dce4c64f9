import { sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import type { StoreMigration } from "./store-migration.ts";

/** What each image has of each vulnerability, packed; and indexes from which lists of containers are read alone. */
export const imageFindings: StoreMigration = { name: "0011-image-findings", up };

async function up(transaction: Transaction<Schema>, dialect: StoreDialect): Promise<void> {
  const { schema } = transaction;
  const { text, bytes } = dialect;
  await schema
    .createTable("finding_words")
    .addColumn("number", dialect.counter, (column) => dialect.sequence(column))
    .addColumn("word", text, (column) => column.notNull().unique())
    .execute();
  await schema
    .createTable("image_findings")
    .addColumn("image_id", text, (column) => column.primaryKey())
    .addColumn("version", "integer", (column) => column.notNull())
    .addColumn("packed", bytes, (column) => column.notNull())
    .execute();
  // The version of each is read often, and what is packed seldom.
  await schema
    .createIndex("image_findings_version")
    .on("image_findings")
    .columns(["image_id", "version"])
    .execute();
  await schema
    .createIndex("containers_placed")
    .on("containers")
    .columns(["host", "state", "image_id", "repository"])
    .execute();
  await schema
    .createIndex("containers_running")
    .on("containers")
    .columns(["image_id", "host", "repository"])
    .where(sql.ref("state"), "=", sql.lit("running"))
    .execute();
  await schema
    .createIndex("findings_seen")
    .on("findings")
    .columns(["first_seen", "image_id"])
    .where(sql.ref("suppressed_by"), "is", null)
    .execute();
  // The store packs the findings of reports that are there already when it is opened.
  await transaction.updateTable("images").set({ findings_stored: 0 }).execute();
}
