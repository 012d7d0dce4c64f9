import { sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import type { StoreMigration } from "./store-migration.ts";

/** What containers are ordered by besides their names. */
export const containerOrder: StoreMigration = { name: "0028-container-order", up };

const ROWS_AT_ONCE = 1000;

async function up(transaction: Transaction<Schema>, { text }: StoreDialect): Promise<void> {
  for (const column of ["image", "started_at"]) {
    await transaction.schema
      .alterTable("containers")
      .addColumn(column, text, (definition) => definition.notNull().defaultTo(""))
      .execute();
  }
  // A host writes a container only when something about it changes, so that it is read here from what it wrote.
  for (let after = { host: "", id: "" }; ; ) {
    const rows = await transaction
      .selectFrom("containers")
      .select(["host", "id", "document"])
      .where(sql<boolean>`(host, id) > (${after.host}, ${after.id})`)
      .orderBy("host")
      .orderBy("id")
      .limit(ROWS_AT_ONCE)
      .execute();
    for (const { host, id, document } of rows) {
      const { image, startedAt }: { image?: unknown; startedAt?: unknown } = Object(JSON.parse(document));
      await transaction
        .updateTable("containers")
        .set({
          image: typeof image === "string" ? image : "",
          started_at: typeof startedAt === "string" ? startedAt : "",
        })
        .where("host", "=", host)
        .where("id", "=", id)
        .execute();
    }
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last;
  }
}
