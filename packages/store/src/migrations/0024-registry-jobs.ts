import type { Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreMigration } from "./store-migration.ts";

/**
 * Images of registries are handed out by jobs, each in a slot of its registry, and no more by leases. What was being
 * scanned or listed is begun anew.
 */
export const registryJobs: StoreMigration = { name: "0024-registry-jobs", up };

async function up(transaction: Transaction<Schema>): Promise<void> {
  const { schema } = transaction;
  await schema.alterTable("registry_images").addColumn("slot", "integer").execute();
  await schema.alterTable("registry_images").dropColumn("lease_ms").execute();
  await schema.alterTable("registries").dropColumn("list_lease_ms").execute();
  await transaction
    .updateTable("registry_images")
    .set({ state: "waiting", holder: null })
    .where("state", "=", "running")
    .execute();
  await transaction.updateTable("registries").set({ list_holder: null }).execute();
}
