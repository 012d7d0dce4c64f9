import { sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import type { StoreMigration } from "./store-migration.ts";

/** What images are built on, how bad each was since when, which findings it once had, and how urgent those are that it has. */
export const imageOrigins: StoreMigration = { name: "0019-image-origins", up };

async function up(transaction: Transaction<Schema>, dialect: StoreDialect): Promise<void> {
  await createOrigins(transaction, dialect);
  await createHistory(transaction, dialect);
  const { schema } = transaction;
  await schema
    .alterTable("findings")
    .addColumn("risk", "integer", (column) => column.notNull().defaultTo(0))
    .execute();
  await schema
    .alterTable("findings")
    .addColumn("open_since", dialect.text, (column) => column.notNull().defaultTo(""))
    .execute();
  await schema.createIndex("findings_risk").on("findings").columns(["risk", "number"]).execute();
  // The store reads them from the reports that are there already when it is opened.
  await schema
    .alterTable("images")
    .addColumn("origins_stored", "integer", (column) => column.notNull().defaultTo(0))
    .execute();
  await schema
    .createIndex("images_without_origins")
    .on("images")
    .column("image_id")
    .where(sql.ref("origins_stored"), "=", 0)
    .execute();
}

async function createOrigins({ schema }: Transaction<Schema>, { text }: StoreDialect): Promise<void> {
  await schema
    .createTable("image_layers")
    .addColumn("image_id", text, (column) => column.notNull())
    .addColumn("depth", "integer", (column) => column.notNull())
    .addColumn("chain", text, (column) => column.notNull())
    .addColumn("whole", "integer", (column) => column.notNull())
    .addPrimaryKeyConstraint("image_layers_key", ["image_id", "depth"])
    .execute();
  await schema
    .createIndex("image_layers_whole")
    .on("image_layers")
    .columns(["chain", "image_id"])
    .where(sql.ref("whole"), "=", sql.lit(1))
    .execute();
  await schema
    .createTable("image_bases")
    .addColumn("image_id", text, (column) => column.primaryKey())
    .addColumn("name", text, (column) => column.notNull())
    .execute();
}

async function createHistory({ schema }: Transaction<Schema>, dialect: StoreDialect): Promise<void> {
  const { text } = dialect;
  await schema
    .createTable("image_states")
    .addColumn("image_id", text, (column) => column.notNull())
    .addColumn("since", text, (column) => column.notNull())
    .addColumn("worst", "integer", (column) => column.notNull())
    .addColumn("assessment", text, (column) => column.notNull())
    .addPrimaryKeyConstraint("image_states_key", ["image_id", "since"])
    .execute();
  await schema
    .createTable("finding_history")
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
    .addColumn("open_since", text, (column) => column.notNull())
    .addColumn("open_until", text, (column) => column.notNull())
    .execute();
  await schema
    .createIndex("finding_history_image")
    .on("finding_history")
    .columns(["image_id", "open_until"])
    .execute();
  await schema.createIndex("finding_history_until").on("finding_history").column("open_until").execute();
}
