import type { Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import type { StoreMigration } from "./store-migration.ts";

/** What hosts learned of images, and of how many images each learns nothing for want of a place. */
export const learnedProfiles: StoreMigration = { name: "0018-learned-profiles", up };

async function up({ schema }: Transaction<Schema>, { text }: StoreDialect): Promise<void> {
  await schema
    .createTable("learned_profiles")
    .addColumn("host", text, (column) => column.notNull())
    .addColumn("image_id", text, (column) => column.notNull())
    .addColumn("mode", text, (column) => column.notNull())
    .addColumn("deviations", "integer", (column) => column.notNull())
    .addColumn("search", text, (column) => column.notNull())
    .addColumn("taken_at", text, (column) => column.notNull())
    .addColumn("summary", text, (column) => column.notNull())
    .addColumn("document", text, (column) => column.notNull())
    .addPrimaryKeyConstraint("learned_profiles_key", ["host", "image_id"])
    .execute();
  // In the order in which they are listed.
  await schema
    .createIndex("learned_profiles_deviations")
    .on("learned_profiles")
    .columns(["deviations", "host", "image_id"])
    .execute();
  await schema.createIndex("learned_profiles_image").on("learned_profiles").column("image_id").execute();
  await schema
    .alterTable("hosts")
    .addColumn("profiles_left_out", "integer", (column) => column.notNull().defaultTo(0))
    .execute();
}
