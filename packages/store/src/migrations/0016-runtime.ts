import type { Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import type { StoreMigration } from "./store-migration.ts";

/** What rules detected in running containers, what was done about it, and what goes on in each container. */
export const runtime: StoreMigration = { name: "0016-runtime", up };

async function up(transaction: Transaction<Schema>, dialect: StoreDialect): Promise<void> {
  await createDetections(transaction, dialect);
  await createResponses(transaction, dialect);
  await createRuntimes(transaction, dialect);
}

async function createDetections({ schema }: Transaction<Schema>, { text }: StoreDialect): Promise<void> {
  await schema
    .createTable("detections")
    .addColumn("id", text, (column) => column.primaryKey())
    .addColumn("log_id", text, (column) => column.notNull())
    .addColumn("sequence", "bigint", (column) => column.notNull())
    .addColumn("record_hash", text, (column) => column.notNull())
    .addColumn("time", text, (column) => column.notNull())
    .addColumn("host", text, (column) => column.notNull())
    .addColumn("detection", text, (column) => column.notNull())
    .addColumn("rule", text, (column) => column.notNull())
    .addColumn("urgency", "integer", (column) => column.notNull())
    .addColumn("tags", text, (column) => column.notNull())
    .addColumn("outcome", text, (column) => column.notNull())
    .addColumn("image_id", text)
    .addColumn("repository", text)
    .addColumn("container_id", text)
    .addColumn("search", text, (column) => column.notNull())
    .addColumn("document", text, (column) => column.notNull())
    .execute();
  await schema.createIndex("detections_time").on("detections").columns(["time", "id"]).execute();
  await schema.createIndex("detections_host").on("detections").columns(["host", "time"]).execute();
  await schema
    .createIndex("detections_container")
    .on("detections")
    .columns(["container_id", "time"])
    .execute();
  await schema.createIndex("detections_image").on("detections").columns(["image_id", "time"]).execute();
}

async function createResponses({ schema }: Transaction<Schema>, { text }: StoreDialect): Promise<void> {
  await schema
    .createTable("responses")
    .addColumn("id", text, (column) => column.primaryKey())
    .addColumn("log_id", text, (column) => column.notNull())
    .addColumn("sequence", "bigint", (column) => column.notNull())
    .addColumn("time", text, (column) => column.notNull())
    .addColumn("host", text, (column) => column.notNull())
    .addColumn("detection", text, (column) => column.notNull())
    .addColumn("repository", text)
    .addColumn("container_id", text)
    .addColumn("document", text, (column) => column.notNull())
    .execute();
  await schema.createIndex("responses_time").on("responses").columns(["time", "id"]).execute();
  await schema.createIndex("responses_detection").on("responses").columns(["host", "detection"]).execute();
}

async function createRuntimes({ schema }: Transaction<Schema>, { text }: StoreDialect): Promise<void> {
  await schema
    .createTable("container_runtimes")
    .addColumn("host", text, (column) => column.notNull())
    .addColumn("container_id", text, (column) => column.notNull())
    .addColumn("repository", text)
    .addColumn("taken_at", text, (column) => column.notNull())
    .addColumn("document", text, (column) => column.notNull())
    .addPrimaryKeyConstraint("container_runtimes_key", ["host", "container_id"])
    .execute();
  await schema
    .createTable("host_runtimes")
    .addColumn("host", text, (column) => column.primaryKey())
    .addColumn("taken_at", text, (column) => column.notNull())
    .addColumn("sensor", text, (column) => column.notNull())
    .addColumn("rules", text, (column) => column.notNull())
    .execute();
}
