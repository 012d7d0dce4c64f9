import { sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreMigration } from "./store-migration.ts";

/** What a list tells of each vulnerability besides its counts is read from the index alone. */
export const findingDetails: StoreMigration = { name: "0010-finding-details", up };

async function up({ schema }: Transaction<Schema>): Promise<void> {
  await schema
    .createIndex("findings_details")
    .on("findings")
    .columns(["id", "package_name", "first_seen", "image_id"])
    .where(sql.ref("suppressed_by"), "is", null)
    .execute();
}
