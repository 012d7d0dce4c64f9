import { sql, type Transaction } from "kysely";
import { labelsIn } from "../fleet/labels.ts";
import { repositoryOf } from "../fleet/repository-name.ts";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import type { StoreMigration } from "./store-migration.ts";

/** Many hosts: who they are, what lies and runs on them, what they are told to do, and what holds there. */
export const fleet: StoreMigration = { name: "0006-fleet", up };

async function up(transaction: Transaction<Schema>, dialect: StoreDialect): Promise<void> {
  await extendHosts(transaction, dialect);
  await extendLaunches(transaction, dialect);
  await createPlaces(transaction, dialect);
  await createContainers(transaction, dialect);
  await createWork(transaction, dialect);
  await createRules(transaction, dialect);
  await fillHosts(transaction);
  await fillImages(transaction);
}

async function extendHosts({ schema }: Transaction<Schema>, { text }: StoreDialect): Promise<void> {
  for (const column of [
    "joined_at",
    "serial",
    "previous_serial",
    "certificate_expires_at",
    "containers_at",
  ]) {
    await schema.alterTable("hosts").addColumn(column, text).execute();
  }
  for (const [column, value] of [
    ["identity_state", "local"],
    ["own_labels", "{}"],
    ["given_labels", "{}"],
    ["gate", ""],
    ["policy_revision", ""],
    ["search", ""],
  ] as const) {
    await schema
      .alterTable("hosts")
      .addColumn(column, text, (definition) => definition.notNull().defaultTo(value))
      .execute();
  }
  for (const column of ["containers", "running", "policy_errors", "advisories_stale"]) {
    await schema
      .alterTable("hosts")
      .addColumn(column, "integer", (definition) => definition.notNull().defaultTo(0))
      .execute();
  }
  await schema.createIndex("hosts_serial").on("hosts").column("serial").execute();
  await schema
    .createTable("host_labels")
    .addColumn("host", text, (column) => column.notNull())
    .addColumn("key", text, (column) => column.notNull())
    .addColumn("value", text, (column) => column.notNull())
    .addPrimaryKeyConstraint("host_labels_key", ["host", "key"])
    .execute();
  await schema
    .createTable("join_tokens")
    .addColumn("id", text, (column) => column.primaryKey())
    .addColumn("token_hash", text, (column) => column.notNull().unique())
    .addColumn("host", text, (column) => column.notNull())
    .addColumn("labels", text, (column) => column.notNull())
    .addColumn("created_by", text, (column) => column.notNull())
    .addColumn("created_at", text, (column) => column.notNull())
    .addColumn("expires_at", text, (column) => column.notNull())
    .addColumn("used_at", text)
    .addColumn("used_by", text)
    .execute();
}

async function extendLaunches({ schema }: Transaction<Schema>, { text }: StoreDialect): Promise<void> {
  await schema.alterTable("launches").addColumn("repository", text).execute();
  await schema.alterTable("launches").addColumn("container_id", text).execute();
  await schema
    .createIndex("launches_container")
    .on("launches")
    .columns(["host", "container_id", "time"])
    .execute();
  await schema.createIndex("launches_host").on("launches").columns(["host", "time", "id"]).execute();
}

async function createPlaces({ schema }: Transaction<Schema>, { text }: StoreDialect): Promise<void> {
  await schema
    .createTable("image_locations")
    .addColumn("host", text, (column) => column.notNull())
    .addColumn("image_id", text, (column) => column.notNull())
    .addColumn("reference", text, (column) => column.notNull())
    .addColumn("seen_at", text, (column) => column.notNull())
    .addPrimaryKeyConstraint("image_locations_key", ["image_id", "host"])
    .execute();
  await schema
    .createIndex("image_locations_host")
    .on("image_locations")
    .columns(["host", "image_id"])
    .execute();
  await schema
    .createTable("image_repositories")
    .addColumn("image_id", text, (column) => column.notNull())
    .addColumn("repository", text, (column) => column.notNull())
    .addPrimaryKeyConstraint("image_repositories_key", ["image_id", "repository"])
    .execute();
  await schema
    .createIndex("image_repositories_repository")
    .on("image_repositories")
    .columns(["repository", "image_id"])
    .execute();
}

async function createContainers({ schema }: Transaction<Schema>, { text }: StoreDialect): Promise<void> {
  await schema
    .createTable("containers")
    .addColumn("host", text, (column) => column.notNull())
    .addColumn("id", text, (column) => column.notNull())
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("repository", text)
    .addColumn("image_id", text)
    .addColumn("state", text, (column) => column.notNull())
    .addColumn("search", text, (column) => column.notNull())
    .addColumn("document", text, (column) => column.notNull())
    .addPrimaryKeyConstraint("containers_key", ["host", "id"])
    .execute();
  await schema.createIndex("containers_name").on("containers").columns(["name", "host", "id"]).execute();
  await schema.createIndex("containers_image").on("containers").columns(["image_id", "state"]).execute();
}

async function createWork({ schema }: Transaction<Schema>, dialect: StoreDialect): Promise<void> {
  const { text } = dialect;
  await schema
    .createTable("agent_commands")
    .addColumn("number", dialect.counter, (column) => dialect.sequence(column))
    .addColumn("id", text, (column) => column.notNull().unique())
    .addColumn("host", text, (column) => column.notNull())
    .addColumn("document", text, (column) => column.notNull())
    .addColumn("created_by", text, (column) => column.notNull())
    .addColumn("created_at", text, (column) => column.notNull())
    .addColumn("expires_at", text, (column) => column.notNull())
    .addColumn("state", text, (column) => column.notNull())
    .addColumn("delivered_at", text)
    .addColumn("finished_at", text)
    .addColumn("detail", text, (column) => column.notNull())
    .execute();
  await schema
    .createIndex("agent_commands_open")
    .on("agent_commands")
    .columns(["host", "number"])
    .where(sql.ref("state"), "in", [sql.lit("queued"), sql.lit("delivered")])
    .execute();
}

async function createRules({ schema }: Transaction<Schema>, { text }: StoreDialect): Promise<void> {
  await schema
    .createTable("policies")
    .addColumn("name", text, (column) => column.primaryKey())
    .addColumn("text", text, (column) => column.notNull())
    .addColumn("scope", text, (column) => column.notNull())
    .addColumn("enabled", "integer", (column) => column.notNull())
    .addColumn("revision", text, (column) => column.notNull())
    .addColumn("rules", text, (column) => column.notNull())
    .addColumn("changed_at", text, (column) => column.notNull())
    .addColumn("changed_by", text, (column) => column.notNull())
    .execute();
  await schema
    .createTable("exceptions")
    .addColumn("id", text, (column) => column.primaryKey())
    .addColumn("rules", text, (column) => column.notNull())
    .addColumn("scope", text, (column) => column.notNull())
    .addColumn("reason", text, (column) => column.notNull())
    .addColumn("owner", text, (column) => column.notNull())
    .addColumn("expires_at", text, (column) => column.notNull())
    .addColumn("granted_by", text, (column) => column.notNull())
    .addColumn("approved_by", text)
    .addColumn("granted_at", text, (column) => column.notNull())
    .addColumn("withdrawn_by", text)
    .addColumn("withdrawn_at", text)
    .addColumn("search", text, (column) => column.notNull())
    .execute();
  await schema.createIndex("exceptions_granted_at").on("exceptions").columns(["granted_at", "id"]).execute();
}

/** What hosts said of themselves before their labels had a table. */
async function fillHosts(transaction: Transaction<Schema>): Promise<void> {
  const hosts = await transaction.selectFrom("hosts").select(["name", "status"]).execute();
  for (const { name, status } of hosts) {
    const { host, gate }: Record<string, unknown> = Object(JSON.parse(status));
    const labels = labelsIn(Object(host).labels);
    await transaction
      .updateTable("hosts")
      .set({
        own_labels: JSON.stringify(labels),
        gate: String(Object(gate).state ?? ""),
        search: name.toLowerCase(),
      })
      .where("name", "=", name)
      .execute();
    const rows = Object.entries(labels).map(([key, value]) => ({ host: name, key, value }));
    if (rows.length > 0) await transaction.insertInto("host_labels").values(rows).execute();
  }
}

/** Images that were known before it was kept where they lie: there was one host, so they lie on that one. */
async function fillImages(transaction: Transaction<Schema>): Promise<void> {
  const hosts = await transaction.selectFrom("hosts").select("name").limit(2).execute();
  const host = hosts.length === 1 ? hosts[0]?.name : undefined;
  const images = await transaction
    .selectFrom("images")
    .select(["image_id", "reference", "scanned_at"])
    .execute();
  for (const { image_id, reference, scanned_at: seen_at } of images) {
    const repository = repositoryOf(reference);
    if (repository !== undefined) {
      await transaction.insertInto("image_repositories").values({ image_id, repository }).execute();
    }
    if (host === undefined) continue;
    await transaction.insertInto("image_locations").values({ host, image_id, reference, seen_at }).execute();
  }
  await fillLaunches(transaction);
}

async function fillLaunches(transaction: Transaction<Schema>): Promise<void> {
  const images = await transaction.selectFrom("launches").select("image").distinct().execute();
  for (const { image } of images) {
    const repository = repositoryOf(image);
    if (repository === undefined) continue;
    await transaction.updateTable("launches").set({ repository }).where("image", "=", image).execute();
  }
}
