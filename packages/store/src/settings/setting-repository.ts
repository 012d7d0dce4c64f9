import type { JsonValue } from "@pratique/core";
import type { Kysely } from "kysely";
import type { ChangeFeed } from "../change-feed.ts";
import { revisionOf } from "../content-revision.ts";
import type { Schema } from "../schema.ts";

/** A document of settings. */
export interface StoredSetting {
  readonly value: JsonValue;
  /** Another one whenever the value is another. */
  readonly revision: string;
}

/** Settings that are one document each: `routing`, `retention`. */
export class SettingRepository {
  readonly #database: Kysely<Schema>;
  readonly #feed: ChangeFeed;

  constructor(database: Kysely<Schema>, feed: ChangeFeed) {
    this.#database = database;
    this.#feed = feed;
  }

  async find(name: string): Promise<StoredSetting | undefined> {
    const row = await this.#database
      .selectFrom("settings")
      .select(["value", "revision"])
      .where("name", "=", name)
      .executeTakeFirst();
    return row && { value: JSON.parse(row.value), revision: row.revision };
  }

  /** Writes down something that people are not to hear of: no revision is expected, and the feed is not told. */
  async remember(name: string, value: JsonValue): Promise<void> {
    const columns = { value: JSON.stringify(value), revision: "" };
    await this.#database
      .insertInto("settings")
      .values({ name, ...columns })
      .onConflict((conflict) => conflict.column("name").doUpdateSet(columns))
      .execute();
  }

  /**
   * Writes a document, and gives its revision. Undefined, and nothing written, where `expected` is given and the
   * document is of another revision by now; `new` expects that there is none.
   */
  async put(name: string, value: JsonValue, expected?: string): Promise<string | undefined> {
    const text = JSON.stringify(value);
    const revision = revisionOf(value);
    return await this.#feed.write(async (transaction, changed) => {
      const held = await transaction
        .selectFrom("settings")
        .select("revision")
        .where("name", "=", name)
        .executeTakeFirst();
      if (expected !== undefined && (held?.revision ?? "new") !== expected) return undefined;
      const columns = { value: text, revision };
      await transaction
        .insertInto("settings")
        .values({ name, ...columns })
        .onConflict((conflict) => conflict.column("name").doUpdateSet(columns))
        .execute();
      changed({ kind: "settings", subject: name });
      return revision;
    });
  }
}
