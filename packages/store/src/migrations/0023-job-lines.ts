import type { Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import type { StoreMigration } from "./store-migration.ts";

/** The lines in which jobs stand that are not to be run together, where the store runs its own queue. */
export const jobLines: StoreMigration = { name: "0023-job-lines", up };

async function up({ schema }: Transaction<Schema>, { text }: StoreDialect): Promise<void> {
  await schema.alterTable("jobs").addColumn("line", text).execute();
}
