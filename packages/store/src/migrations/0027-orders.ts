import { sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreMigration } from "./store-migration.ts";

/**
 * Whoever might kill containers may do to them what is milder as well: one permission for all that a person has done
 * about a container. What waits for a second person by the operation that is no more has ended.
 */
export const orders: StoreMigration = { name: "0027-orders", up };

const BEFORE = "containers.kill";
const NOW = "containers.respond";

async function up(transaction: Transaction<Schema>): Promise<void> {
  const renamed = sql<string>`replace(permissions, ${`"${BEFORE}"`}, ${`"${NOW}"`})`;
  await transaction.updateTable("roles").set({ permissions: renamed }).execute();
  await transaction.updateTable("api_tokens").set({ permissions: renamed }).execute();
  await transaction
    .updateTable("approvals")
    .set({ state: "expired" })
    .where("endpoint", "=", "killContainer")
    .where("state", "=", "pending")
    .execute();
  await transaction
    .updateTable("approvals")
    .set({ permission: NOW })
    .where("permission", "=", BEFORE)
    .execute();
  // The newest of a host, whatever became of them.
  await transaction.schema
    .createIndex("agent_commands_host")
    .on("agent_commands")
    .columns(["host", "number"])
    .execute();
}
