import type { Kysely } from "kysely";
import type { ChangeFeed } from "./change-feed.ts";
import type { Schema } from "./schema.ts";

/** A host and what its agent last said. */
export interface StoredHost {
  readonly name: string;
  /** The log that the host writes. */
  readonly logId: string;
  /** ISO 8601, UTC, by the server's clock. */
  readonly heardAt: string;
  /** Anything that JSON can hold. */
  readonly status: unknown;
}

/** What the agents say of their hosts. */
export class HostRepository {
  readonly #database: Kysely<Schema>;
  readonly #feed: ChangeFeed;

  constructor(database: Kysely<Schema>, feed: ChangeFeed) {
    this.#database = database;
    this.#feed = feed;
  }

  async put(host: StoredHost): Promise<void> {
    const columns = { heard_at: host.heardAt, log_id: host.logId, status: JSON.stringify(host.status) };
    await this.#feed.write(async (transaction, changed) => {
      await transaction
        .insertInto("hosts")
        .values({ name: host.name, ...columns })
        .onConflict((conflict) => conflict.column("name").doUpdateSet(columns))
        .execute();
      changed({ kind: "host", subject: host.name });
    });
  }

  /** The host that was heard of last; undefined where none was. */
  async latest(): Promise<StoredHost | undefined> {
    const row = await this.#database
      .selectFrom("hosts")
      .selectAll()
      .orderBy("heard_at", "desc")
      .limit(1)
      .executeTakeFirst();
    return row === undefined
      ? undefined
      : { name: row.name, logId: row.log_id, heardAt: row.heard_at, status: JSON.parse(row.status) };
  }
}
