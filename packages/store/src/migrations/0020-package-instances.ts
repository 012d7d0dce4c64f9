import { sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import type { StoreMigration } from "./store-migration.ts";

/**
 * Which packages there are, under which names advisories may speak of them, and which images have them; and since when
 * advisories have spoken of packages that an image had before.
 */
export const packageInstances: StoreMigration = { name: "0020-package-instances", up };

async function up({ schema }: Transaction<Schema>, dialect: StoreDialect): Promise<void> {
  const { text, bytes } = dialect;
  await schema
    .createTable("package_instances")
    .addColumn("number", dialect.counter, (column) => dialect.sequence(column))
    .addColumn("hash", text, (column) => column.notNull().unique())
    .addColumn("document", text, (column) => column.notNull())
    .execute();
  await schema
    .createTable("package_names")
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("instance", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("package_names_key", ["name", "instance"])
    .execute();
  await schema.createIndex("package_names_instance").on("package_names").column("instance").execute();
  // Filled from the reports that are there already by a job, since that takes long.
  await schema
    .createTable("image_packages")
    .addColumn("image_id", text, (column) => column.primaryKey())
    .addColumn("advisories_at", text, (column) => column.notNull())
    .addColumn("due", text, (column) => column.notNull())
    .addColumn("packed", bytes, (column) => column.notNull())
    .execute();
  await schema
    .createIndex("image_packages_due")
    .on("image_packages")
    .column("image_id")
    .where(sql.ref("due"), "<>", sql.lit(""))
    .execute();
  await schema.alterTable("findings").addColumn("affected_at", text).execute();
  // Holds all that the list of images is made of, image by image.
  await schema
    .createIndex("findings_affected")
    .on("findings")
    .columns(["image_id", "affected_at", "severity"])
    .where(sql.ref("affected_at"), "is not", null)
    .where(sql.ref("suppressed_by"), "is", null)
    .execute();
}
