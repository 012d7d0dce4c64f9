import type { Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import type { StoreMigration } from "./store-migration.ts";

/** What was read of layers, for all who share the database. */
export const layerIndexes: StoreMigration = { name: "0022-layer-indexes", up };

async function up({ schema }: Transaction<Schema>, { text, bytes }: StoreDialect): Promise<void> {
  await schema
    .createTable("layer_indexes")
    .addColumn("diff_id", text, (column) => column.notNull())
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("registry", text, (column) => column.notNull())
    .addColumn("holder", text)
    .addColumn("lease_ms", "bigint")
    .addColumn("began_ms", "bigint", (column) => column.notNull())
    .addColumn("size_bytes", "bigint")
    .addColumn("used_ms", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("layer_indexes_key", ["diff_id", "name"])
    .execute();
  await schema
    .createTable("layer_index_parts")
    .addColumn("diff_id", text, (column) => column.notNull())
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("part", "integer", (column) => column.notNull())
    .addColumn("bytes", bytes, (column) => column.notNull())
    .addPrimaryKeyConstraint("layer_index_parts_key", ["diff_id", "name", "part"])
    .execute();
  await schema
    .createTable("layer_secrets")
    .addColumn("id", text, (column) => column.primaryKey())
    .addColumn("sealed_secret", text, (column) => column.notNull())
    .execute();
}
