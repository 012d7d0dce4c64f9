import type { Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import type { StoreMigration } from "./store-migration.ts";

/** What the first page showed: images, launches, records, hosts, sessions and changes. */
export const firstPage: StoreMigration = { name: "0001-first-page", up };

async function up(transaction: Transaction<Schema>, dialect: StoreDialect): Promise<void> {
  const { schema } = transaction;
  await schema
    .createTable("images")
    .addColumn("image_id", dialect.text, (column) => column.primaryKey())
    .addColumn("reference", dialect.text, (column) => column.notNull())
    .addColumn("digest", dialect.text)
    .addColumn("platform", dialect.text)
    .addColumn("distro", dialect.text)
    .addColumn("size_bytes", "bigint", (column) => column.notNull())
    .addColumn("created", dialect.text)
    .addColumn("scanned_at", dialect.text, (column) => column.notNull())
    .addColumn("assessment", dialect.text, (column) => column.notNull())
    .addColumn("assessment_codes", dialect.text, (column) => column.notNull())
    .addColumn("critical", "integer", (column) => column.notNull())
    .addColumn("high", "integer", (column) => column.notNull())
    .addColumn("medium", "integer", (column) => column.notNull())
    .addColumn("low", "integer", (column) => column.notNull())
    .addColumn("negligible", "integer", (column) => column.notNull())
    .addColumn("unknown", "integer", (column) => column.notNull())
    .addColumn("fixable", "integer", (column) => column.notNull())
    .addColumn("known_exploited", "integer", (column) => column.notNull())
    .addColumn("suppressed", "integer", (column) => column.notNull())
    .addColumn("packages", "integer", (column) => column.notNull())
    .addColumn("weight", "bigint", (column) => column.notNull())
    .addColumn("search", dialect.text, (column) => column.notNull())
    .addColumn("last_decision", dialect.text)
    .addColumn("last_decided_at", dialect.text)
    .addColumn("report", dialect.bytes, (column) => column.notNull())
    .execute();
  await schema.createIndex("images_weight").on("images").columns(["weight", "image_id"]).execute();
  await schema.createIndex("images_scanned_at").on("images").columns(["scanned_at", "image_id"]).execute();
  await schema
    .createTable("launches")
    .addColumn("id", dialect.text, (column) => column.primaryKey())
    .addColumn("log_id", dialect.text, (column) => column.notNull())
    .addColumn("sequence", "bigint", (column) => column.notNull())
    .addColumn("record_hash", dialect.text, (column) => column.notNull())
    .addColumn("time", dialect.text, (column) => column.notNull())
    .addColumn("host", dialect.text, (column) => column.notNull())
    .addColumn("decision", dialect.text, (column) => column.notNull())
    .addColumn("outcome", dialect.text, (column) => column.notNull())
    .addColumn("image", dialect.text, (column) => column.notNull())
    .addColumn("image_id", dialect.text)
    .addColumn("search", dialect.text, (column) => column.notNull())
    .addColumn("document", dialect.text, (column) => column.notNull())
    .execute();
  await schema.createIndex("launches_time").on("launches").columns(["time", "id"]).execute();
  await schema.createIndex("launches_image").on("launches").columns(["image_id", "time"]).execute();
  await schema
    .createTable("logs")
    .addColumn("log_id", dialect.text, (column) => column.primaryKey())
    .addColumn("host", dialect.text, (column) => column.notNull())
    .addColumn("acknowledged", "bigint", (column) => column.notNull())
    .addColumn("last_hash", dialect.text, (column) => column.notNull())
    .execute();
  await schema
    .createTable("records")
    .addColumn("log_id", dialect.text, (column) => column.notNull())
    .addColumn("sequence", "bigint", (column) => column.notNull())
    .addColumn("time", dialect.text, (column) => column.notNull())
    .addColumn("class", dialect.text, (column) => column.notNull())
    .addColumn("action", dialect.text, (column) => column.notNull())
    .addColumn("actor", dialect.text, (column) => column.notNull())
    .addColumn("data", dialect.text, (column) => column.notNull())
    .addColumn("previous_hash", dialect.text, (column) => column.notNull())
    .addColumn("hash", dialect.text, (column) => column.notNull())
    .addPrimaryKeyConstraint("records_key", ["log_id", "sequence"])
    .execute();
  await schema
    .createTable("hosts")
    .addColumn("name", dialect.text, (column) => column.primaryKey())
    .addColumn("heard_at", dialect.text, (column) => column.notNull())
    .addColumn("log_id", dialect.text, (column) => column.notNull())
    .addColumn("status", dialect.text, (column) => column.notNull())
    .execute();
  for (const table of ["sessions", "sign_in_tokens"]) {
    await schema
      .createTable(table)
      .addColumn("token_hash", dialect.text, (column) => column.primaryKey())
      .addColumn("account", dialect.text, (column) => column.notNull())
      .addColumn("expires_at_ms", "bigint", (column) => column.notNull())
      .execute();
  }
  await schema
    .createTable("changes")
    .addColumn("sequence", dialect.counter, (column) => dialect.sequence(column))
    .addColumn("kind", dialect.text, (column) => column.notNull())
    .addColumn("subject", dialect.text, (column) => column.notNull())
    .execute();
}
