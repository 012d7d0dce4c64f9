import { sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import type { StoreMigration } from "./store-migration.ts";

/** Findings one by one, what is known of each vulnerability over all images, and how many there were each day. */
export const findings: StoreMigration = { name: "0004-findings", up };

async function up(transaction: Transaction<Schema>, dialect: StoreDialect): Promise<void> {
  await createFindings(transaction, dialect);
  await createVulnerabilities(transaction, dialect);
  await createDays(transaction, dialect);
  // The rows come from the reports that are there already: the store fills them in when it is opened.
  await transaction.schema
    .alterTable("images")
    .addColumn("findings_stored", "integer", (column) => column.notNull().defaultTo(0))
    .execute();
  await transaction.schema
    .createIndex("images_without_findings")
    .on("images")
    .column("image_id")
    .where(sql.ref("findings_stored"), "=", 0)
    .execute();
}

async function createFindings({ schema }: Transaction<Schema>, dialect: StoreDialect): Promise<void> {
  const { text } = dialect;
  await schema
    .createTable("findings")
    .addColumn("number", dialect.counter, (column) => dialect.sequence(column))
    .addColumn("image_id", text, (column) => column.notNull())
    .addColumn("id", text, (column) => column.notNull())
    .addColumn("package_name", text, (column) => column.notNull())
    .addColumn("package_version", text, (column) => column.notNull())
    .addColumn("package_type", text, (column) => column.notNull())
    .addColumn("severity", "integer", (column) => column.notNull())
    .addColumn("status", text, (column) => column.notNull())
    .addColumn("fixed_version", text)
    .addColumn("known_exploited", "integer", (column) => column.notNull())
    .addColumn("epss", "double precision", (column) => column.notNull())
    .addColumn("source", text, (column) => column.notNull())
    .addColumn("first_seen", text, (column) => column.notNull())
    .addColumn("suppressed_by", text)
    .execute();
  await schema
    .createIndex("findings_image")
    .unique()
    .on("findings")
    .columns(["image_id", "id", "package_name", "package_version", "package_type"])
    .execute();
  for (const column of ["severity", "epss", "first_seen", "id", "package_name"]) {
    await schema.createIndex(`findings_${column}`).on("findings").columns([column, "number"]).execute();
  }
  await schema
    .createIndex("findings_known_exploited")
    .on("findings")
    .columns(["known_exploited", "number"])
    .where(sql.ref("known_exploited"), "=", 1)
    .execute();
}

async function createVulnerabilities({ schema }: Transaction<Schema>, { text }: StoreDialect): Promise<void> {
  let table = schema
    .createTable("vulnerabilities")
    .addColumn("id", text, (column) => column.primaryKey())
    .addColumn("images", "integer", (column) => column.notNull())
    .addColumn("worst", "integer", (column) => column.notNull());
  for (const column of [
    "critical",
    "high",
    "medium",
    "low",
    "negligible",
    "unknown",
    "fixable",
    "known_exploited",
  ]) {
    table = table.addColumn(column, "integer", (definition) => definition.notNull());
  }
  await table.addColumn("epss", "double precision", (column) => column.notNull()).execute();
  await schema.createIndex("vulnerabilities_worst").on("vulnerabilities").columns(["worst", "id"]).execute();
  await schema
    .createIndex("vulnerabilities_images")
    .on("vulnerabilities")
    .columns(["images", "id"])
    .execute();
  await schema
    .createTable("finding_packages")
    .addColumn("name", text, (column) => column.primaryKey())
    .execute();
}

async function createDays({ schema }: Transaction<Schema>, { text }: StoreDialect): Promise<void> {
  let table = schema.createTable("finding_days").addColumn("day", text, (column) => column.primaryKey());
  for (const column of [
    "critical",
    "high",
    "medium",
    "low",
    "negligible",
    "unknown",
    "fixable",
    "known_exploited",
    "images",
  ]) {
    table = table.addColumn(column, "bigint", (definition) => definition.notNull());
  }
  await table.execute();
}
