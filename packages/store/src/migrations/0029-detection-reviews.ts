import { sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import type { StoreMigration } from "./store-migration.ts";

/** What people say of detections. */
export const detectionReviews: StoreMigration = { name: "0029-detection-reviews", up };

async function up({ schema }: Transaction<Schema>, { text }: StoreDialect): Promise<void> {
  await schema
    .alterTable("detections")
    .addColumn("review_state", text, (column) => column.notNull().defaultTo("open"))
    .execute();
  await schema.alterTable("detections").addColumn("review", text).execute();
  // Of most detections nobody says anything.
  await schema
    .createIndex("detections_reviewed")
    .on("detections")
    .columns(["review_state", "time", "id"])
    .where(sql.ref("review_state"), "<>", sql.lit("open"))
    .execute();
}
