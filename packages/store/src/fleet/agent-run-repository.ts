import type { Kysely } from "kysely";
import type { ChangeFeed } from "../change-feed.ts";
import type { Schema } from "../schema.ts";

/** More starts of one agent than these are not remembered. */
const KEPT = 100;

/** In which order the starts of agents were heard, by all servers together. */
export class AgentRunRepository {
  readonly #database: Kysely<Schema>;
  readonly #feed: ChangeFeed;

  constructor(database: Kysely<Schema>, feed: ChangeFeed) {
    this.#database = database;
    this.#feed = feed;
  }

  /** Puts a run behind those that are known, if it is none of them; gives the last of them then. */
  async hear(host: string, run: string): Promise<string> {
    return await this.#feed.write(async (transaction, changed) => {
      const known = await lastOf(transaction, host);
      const isKnown = await transaction
        .selectFrom("agent_runs")
        .select("run")
        .where("host", "=", host)
        .where("run", "=", run)
        .executeTakeFirst();
      if (isKnown !== undefined) return known?.run ?? run;
      const number = (known?.number ?? 0) + 1;
      await transaction.insertInto("agent_runs").values({ host, run, number }).execute();
      await transaction
        .deleteFrom("agent_runs")
        .where("host", "=", host)
        .where("number", "<=", number - KEPT)
        .execute();
      // Other servers hold the run before to be the last.
      changed({ kind: "host", subject: host });
      return run;
    });
  }

  /** The last run of a host; undefined where none was heard. */
  async last(host: string): Promise<string | undefined> {
    return (await lastOf(this.#database, host))?.run;
  }
}

async function lastOf(database: Kysely<Schema>, host: string) {
  return await database
    .selectFrom("agent_runs")
    .select(["run", "number"])
    .where("host", "=", host)
    .orderBy("number", "desc")
    .limit(1)
    .executeTakeFirst();
}
