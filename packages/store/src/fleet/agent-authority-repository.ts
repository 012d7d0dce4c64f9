import type { Kysely } from "kysely";
import type { Schema } from "../schema.ts";

/** The keys of those who certify hosts, sealed by whoever uses them. */
export class AgentAuthorityRepository {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async find(id: string): Promise<string | undefined> {
    const row = await this.#database
      .selectFrom("agent_authorities")
      .select("sealed_keys")
      .where("id", "=", id)
      .executeTakeFirst();
    return row?.sealed_keys;
  }

  /** Puts keys where `before` is what is kept, or where nothing is and it is undefined. False where that is not so. */
  async replace(id: string, before: string | undefined, sealed: string): Promise<boolean> {
    if (before === undefined) {
      const made = await this.#database
        .insertInto("agent_authorities")
        .values({ id, sealed_keys: sealed })
        .onConflict((conflict) => conflict.column("id").doNothing())
        .returning("id")
        .execute();
      return made.length > 0;
    }
    const { numUpdatedRows } = await this.#database
      .updateTable("agent_authorities")
      .set({ sealed_keys: sealed })
      .where("id", "=", id)
      .where("sealed_keys", "=", before)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
  }
}
