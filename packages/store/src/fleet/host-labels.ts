import type { Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import { type Labels, labelsIn } from "./labels.ts";

/**
 * Brings the labels in force of one host to what its row says: those that the server gives win over its own. Writes
 * nothing where they are so already; true where they were not.
 */
export async function refreshLabels(transaction: Transaction<Schema>, host: string): Promise<boolean> {
  const row = await transaction
    .selectFrom("hosts")
    .select(["own_labels", "given_labels"])
    .where("name", "=", host)
    .executeTakeFirst();
  const wanted = row === undefined ? {} : labelsInForce(row);
  const held = await transaction
    .selectFrom("host_labels")
    .select(["key", "value"])
    .where("host", "=", host)
    .execute();
  const fits =
    held.length === Object.keys(wanted).length && held.every(({ key, value }) => wanted[key] === value);
  if (fits) return false;
  await transaction.deleteFrom("host_labels").where("host", "=", host).execute();
  const rows = Object.entries(wanted).map(([key, value]) => ({ host, key, value }));
  if (rows.length > 0) await transaction.insertInto("host_labels").values(rows).execute();
  return true;
}

/** The labels in force by the two columns of a host's row. */
export function labelsInForce(row: { readonly own_labels: string; readonly given_labels: string }): Labels {
  return { ...labelsIn(JSON.parse(row.own_labels)), ...labelsIn(JSON.parse(row.given_labels)) };
}
