import { sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import type { StoreMigration } from "./store-migration.ts";

/**
 * What the overview adds up. How many launches there were in each hour is counted as they come. The numbers of images
 * get an index that holds all of them: in the table itself, the report of an image lies between two of them.
 */
export const fleetSums: StoreMigration = { name: "0013-fleet-sums", up };

async function up(transaction: Transaction<Schema>, { text }: StoreDialect): Promise<void> {
  await transaction.schema
    .createTable("launch_hours")
    .addColumn("hour", text, (column) => column.notNull())
    .addColumn("host", text, (column) => column.notNull())
    .addColumn("repository", text, (column) => column.notNull())
    .addColumn("outcome", text, (column) => column.notNull())
    .addColumn("launches", "bigint", (column) => column.notNull())
    // The host before the hour: the sums over all hosts lie side by side.
    .addPrimaryKeyConstraint("launch_hours_key", ["host", "hour", "repository", "outcome"])
    .execute();
  await transaction.schema.createIndex("launch_hours_hour").on("launch_hours").column("hour").execute();
  await transaction.schema
    .createIndex("images_numbers")
    .on("images")
    .columns([
      "image_id",
      "assessment",
      "weight",
      "critical",
      "high",
      "medium",
      "low",
      "negligible",
      "unknown",
      "known_exploited",
    ])
    .execute();
  await sql`
    insert into launch_hours (hour, host, repository, outcome, launches)
    select substr(time, 1, 13), host, coalesce(repository, ''), outcome, count(*) from launches
    group by substr(time, 1, 13), host, coalesce(repository, ''), outcome`.execute(transaction);
  await sql`
    insert into launch_hours (hour, host, repository, outcome, launches)
    select hour, '', '', outcome, sum(launches) from launch_hours group by hour, outcome`.execute(
    transaction,
  );
}
