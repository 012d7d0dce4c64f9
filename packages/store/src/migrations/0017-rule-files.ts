import { sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import type { StoreMigration } from "./store-migration.ts";

/**
 * Files of rules that the server hands to agents; which detections somebody has looked at; how the sensor of each host
 * is, in numbers; and indexes by which detections are found among many.
 */
export const ruleFiles: StoreMigration = { name: "0017-rule-files", up };

async function up(transaction: Transaction<Schema>, { text }: StoreDialect): Promise<void> {
  const { schema } = transaction;
  await schema
    .createTable("rule_files")
    .addColumn("name", text, (column) => column.primaryKey())
    .addColumn("text", text, (column) => column.notNull())
    .addColumn("scope", text, (column) => column.notNull())
    .addColumn("enabled", "integer", (column) => column.notNull())
    .addColumn("revision", text, (column) => column.notNull())
    .addColumn("rules", text, (column) => column.notNull())
    .addColumn("changed_at", text, (column) => column.notNull())
    .addColumn("changed_by", text, (column) => column.notNull())
    .execute();
  await schema.alterTable("hosts").addColumn("rules_revision", text).execute();
  await extendRuntimes(transaction, text);
  await indexDetections(transaction, text);
}

/** What is there is told again within the minute. */
async function extendRuntimes({ schema }: Transaction<Schema>, text: StoreDialect["text"]): Promise<void> {
  await schema
    .alterTable("host_runtimes")
    .addColumn("state", text, (column) => column.notNull().defaultTo(""))
    .execute();
  for (const name of ["events", "dropped", "suppressed", "unattributed"]) {
    await schema
      .alterTable("host_runtimes")
      .addColumn(name, "bigint", (column) => column.notNull().defaultTo(0))
      .execute();
  }
}

async function indexDetections({ schema }: Transaction<Schema>, text: StoreDialect["text"]): Promise<void> {
  await schema.alterTable("detections").addColumn("looked_at", text).execute();
  // Holds what most filters ask for, so that they read few rows of the table, whose texts are long.
  await schema
    .createIndex("detections_found")
    .on("detections")
    .columns(["time", "id", "urgency", "outcome", "host", "repository"])
    .execute();
  await schema.dropIndex("detections_time").execute();
  await schema.dropIndex("detections_host").execute();
  await schema
    .createIndex("detections_host")
    .on("detections")
    .columns(["host", "time", "id", "urgency", "outcome", "repository"])
    .execute();
  await schema.createIndex("detections_rule").on("detections").columns(["rule", "time"]).execute();
  await schema.createIndex("detections_place").on("detections").columns(["log_id", "sequence"]).execute();
  await schema.createIndex("responses_place").on("responses").columns(["log_id", "sequence"]).execute();
  await schema
    .createIndex("detections_unlooked")
    .on("detections")
    .columns(["time", "host", "repository"])
    .where(sql.ref("looked_at"), "is", null)
    .where(sql.ref("urgency"), "<=", sql.lit(2))
    .execute();
}
