import type { Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import type { StoreMigration } from "./store-migration.ts";

/** Which host said what of an image, in short, and which images two hosts contradict each other about. */
export const imageReports: StoreMigration = { name: "0012-image-reports", up };

async function up({ schema }: Transaction<Schema>, { text }: StoreDialect): Promise<void> {
  await schema
    .createTable("image_reports")
    .addColumn("image_id", text, (column) => column.notNull())
    .addColumn("host", text, (column) => column.notNull())
    .addColumn("basis", text, (column) => column.notNull())
    .addColumn("said", text, (column) => column.notNull())
    .addColumn("weight", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("image_reports_key", ["image_id", "host"])
    .execute();
  await schema
    .createTable("image_disputes")
    .addColumn("image_id", text, (column) => column.primaryKey())
    .addColumn("host", text, (column) => column.notNull())
    .addColumn("other", text, (column) => column.notNull())
    .addColumn("since", text, (column) => column.notNull())
    .execute();
}
