import { sql } from "kysely";
import type { Store } from "../store.ts";
import { connectionOf } from "../store-connection.ts";

/**
 * Forgets the containers of hosts that were not told of since a moment, those under a legal hold apart. Gives of how
 * many hosts.
 */
export async function forgetContainers(store: Store, before: string): Promise<number> {
  const { database } = connectionOf(store);
  const old = sql<{ name: string }>`
    select name from hosts where containers_at is not null and containers_at < ${before}
    and not exists (select 1 from legal_holds as hold
      where hold.scope = 'all' or hold.scope = 'host' and hold.subject = hosts.name)`;
  const { rows } = await old.execute(database);
  for (const { name } of rows) {
    await store.changes.write(async (transaction, changed) => {
      // A host that has told of its containers meanwhile is not old any more.
      const still = await sql`${old} and name = ${name}`.execute(transaction);
      if (still.rows.length === 0) return;
      await transaction.deleteFrom("containers").where("host", "=", name).execute();
      await transaction.deleteFrom("container_runtimes").where("host", "=", name).execute();
      await transaction.deleteFrom("learned_profiles").where("host", "=", name).execute();
      await transaction
        .updateTable("hosts")
        .set({ containers: 0, running: 0, containers_at: null })
        .where("name", "=", name)
        .execute();
      changed({ kind: "containers", subject: name });
    });
  }
  return rows.length;
}
