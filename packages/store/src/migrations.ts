import type { Kysely } from "kysely";
import { type Migration, type MigrationProvider, Migrator } from "kysely/migration";
import { StoreError } from "./errors.ts";
import type { Schema } from "./schema.ts";
import type { StoreDialect } from "./store-dialect.ts";

/** Brings the tables to the newest form. Throws `STORE_TOO_NEW` where a later Pratique has made them. */
export async function migrate(database: Kysely<Schema>, dialect: StoreDialect): Promise<void> {
  const migrations = migrationsFor(dialect);
  const provider: MigrationProvider = { getMigrations: async () => migrations };
  const migrator = new Migrator({ db: database, provider });
  await refuseNewer(database, migrations);
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}

/** In the order of their names. A migration that has been released is never changed. */
function migrationsFor(dialect: StoreDialect): Record<string, Migration> {
  return { "0001-first-page": { up: (database) => createFirstTables(database, dialect) } };
}

async function refuseNewer(
  database: Kysely<Schema>,
  known: Readonly<Record<string, Migration>>,
): Promise<void> {
  const tables = await database.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === "kysely_migration")) return;
  // Typed by hand: the table belongs to Kysely, not to our schema.
  const applied = await database
    .withTables<{ kysely_migration: { name: string } }>()
    .selectFrom("kysely_migration")
    .select("name")
    .execute();
  const foreign = applied.find(({ name }) => known[name] === undefined);
  if (foreign === undefined) return;
  throw new StoreError(
    "STORE_TOO_NEW",
    `the store was written by a later version: it holds the migration ${JSON.stringify(foreign.name)}`,
  );
}

async function createFirstTables(database: Kysely<unknown>, dialect: StoreDialect): Promise<void> {
  const { schema } = database;
  await schema
    .createTable("images")
    .addColumn("image_id", "text", (column) => column.primaryKey())
    .addColumn("reference", "text", (column) => column.notNull())
    .addColumn("digest", "text")
    .addColumn("platform", "text")
    .addColumn("distro", "text")
    .addColumn("size_bytes", "bigint", (column) => column.notNull())
    .addColumn("created", "text")
    .addColumn("scanned_at", "text", (column) => column.notNull())
    .addColumn("assessment", "text", (column) => column.notNull())
    .addColumn("assessment_codes", "text", (column) => column.notNull())
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
    .addColumn("search", "text", (column) => column.notNull())
    .addColumn("last_decision", "text")
    .addColumn("last_decided_at", "text")
    .addColumn("report", dialect.bytes, (column) => column.notNull())
    .execute();
  await schema.createIndex("images_weight").on("images").columns(["weight", "image_id"]).execute();
  await schema.createIndex("images_scanned_at").on("images").columns(["scanned_at", "image_id"]).execute();
  await schema
    .createTable("launches")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("log_id", "text", (column) => column.notNull())
    .addColumn("sequence", "bigint", (column) => column.notNull())
    .addColumn("record_hash", "text", (column) => column.notNull())
    .addColumn("time", "text", (column) => column.notNull())
    .addColumn("host", "text", (column) => column.notNull())
    .addColumn("decision", "text", (column) => column.notNull())
    .addColumn("outcome", "text", (column) => column.notNull())
    .addColumn("image", "text", (column) => column.notNull())
    .addColumn("image_id", "text")
    .addColumn("search", "text", (column) => column.notNull())
    .addColumn("document", "text", (column) => column.notNull())
    .execute();
  await schema.createIndex("launches_time").on("launches").columns(["time", "id"]).execute();
  await schema.createIndex("launches_image").on("launches").columns(["image_id", "time"]).execute();
  await schema
    .createTable("logs")
    .addColumn("log_id", "text", (column) => column.primaryKey())
    .addColumn("host", "text", (column) => column.notNull())
    .addColumn("acknowledged", "bigint", (column) => column.notNull())
    .addColumn("last_hash", "text", (column) => column.notNull())
    .execute();
  await schema
    .createTable("records")
    .addColumn("log_id", "text", (column) => column.notNull())
    .addColumn("sequence", "bigint", (column) => column.notNull())
    .addColumn("time", "text", (column) => column.notNull())
    .addColumn("class", "text", (column) => column.notNull())
    .addColumn("action", "text", (column) => column.notNull())
    .addColumn("actor", "text", (column) => column.notNull())
    .addColumn("data", "text", (column) => column.notNull())
    .addColumn("previous_hash", "text", (column) => column.notNull())
    .addColumn("hash", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("records_key", ["log_id", "sequence"])
    .execute();
  await schema
    .createTable("hosts")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("heard_at", "text", (column) => column.notNull())
    .addColumn("log_id", "text", (column) => column.notNull())
    .addColumn("status", "text", (column) => column.notNull())
    .execute();
  for (const table of ["sessions", "sign_in_tokens"]) {
    await schema
      .createTable(table)
      .addColumn("token_hash", "text", (column) => column.primaryKey())
      .addColumn("account", "text", (column) => column.notNull())
      .addColumn("expires_at_ms", "bigint", (column) => column.notNull())
      .execute();
  }
  await schema
    .createTable("changes")
    .addColumn("sequence", "integer", (column) => dialect.sequence(column))
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("subject", "text", (column) => column.notNull())
    .execute();
}
