import type { Kysely, Selectable } from "kysely";
import type { ChangeFeed } from "../change-feed.ts";
import { mayFollow, revisionOf } from "../content-revision.ts";
import type { Schema } from "../schema.ts";
import type { ChannelTable } from "./settings-schema.ts";

/** A way to tell people something. */
export interface StoredChannel {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly enabled: boolean;
  /** Without the secrets. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The secrets as one sealed JSON; null where there are none. */
  readonly sealedSecrets: string | null;
  /** The names of the secrets that are set. */
  readonly secretNames: readonly string[];
  /** Another one whenever it is set up otherwise. */
  readonly revision: string;
  /** ISO 8601: when something was delivered for the last time. */
  readonly lastDeliveryAt: string | null;
  /** Why the last delivery failed; null where it went well. */
  readonly lastError: string | null;
}

/** The channels. */
export class ChannelRepository {
  readonly #database: Kysely<Schema>;
  readonly #feed: ChangeFeed;

  constructor(database: Kysely<Schema>, feed: ChangeFeed) {
    this.#database = database;
    this.#feed = feed;
  }

  /** By id. */
  async list(): Promise<readonly StoredChannel[]> {
    const rows = await this.#database.selectFrom("channels").selectAll().orderBy("id").execute();
    return rows.map(channelOf);
  }

  async find(id: string): Promise<StoredChannel | undefined> {
    const row = await this.#database
      .selectFrom("channels")
      .selectAll()
      .where("id", "=", id)
      .executeTakeFirst();
    return row && channelOf(row);
  }

  /**
   * Makes or changes a channel; what is known of its deliveries stays. `from` is the revision that is changed, `new` where
   * nothing may be there yet, or empty for whatever is there. False where it is another one, and nothing was changed.
   */
  async put(
    channel: Omit<StoredChannel, "revision" | "lastDeliveryAt" | "lastError">,
    from = "",
  ): Promise<boolean> {
    const { id, kind, name } = channel;
    const content = {
      kind,
      name,
      enabled: channel.enabled ? 1 : 0,
      settings: JSON.stringify(channel.settings),
      sealed_secrets: channel.sealedSecrets,
      secret_names: JSON.stringify(channel.secretNames),
    };
    const columns = { ...content, revision: revisionOf(content) };
    return await this.#feed.write(async (transaction, changed) => {
      const before = await transaction
        .selectFrom("channels")
        .select("revision")
        .where("id", "=", id)
        .executeTakeFirst();
      if (!mayFollow(from, before)) return false;
      await transaction
        .insertInto("channels")
        .values({ id, ...columns, last_delivery_at: null, last_error: null })
        .onConflict((conflict) => conflict.column("id").doUpdateSet(columns))
        .execute();
      changed({ kind: "settings", subject: "channels" });
      return true;
    });
  }

  /** Notes what came of a delivery. */
  async note(id: string, outcome: { readonly at: string } | { readonly error: string }): Promise<void> {
    await this.#database
      .updateTable("channels")
      .set(
        "at" in outcome ? { last_delivery_at: outcome.at, last_error: null } : { last_error: outcome.error },
      )
      .where("id", "=", id)
      .execute();
  }

  /** Removes a channel. False where there was none. */
  async remove(id: string): Promise<boolean> {
    return await this.#feed.write(async (transaction, changed) => {
      const row = await transaction
        .deleteFrom("channels")
        .where("id", "=", id)
        .returning("id")
        .executeTakeFirst();
      if (row !== undefined) changed({ kind: "settings", subject: "channels" });
      return row !== undefined;
    });
  }
}

function channelOf(row: Selectable<ChannelTable>): StoredChannel {
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    enabled: row.enabled === 1,
    settings: JSON.parse(row.settings),
    sealedSecrets: row.sealed_secrets,
    secretNames: JSON.parse(row.secret_names),
    revision: row.revision,
    lastDeliveryAt: row.last_delivery_at,
    lastError: row.last_error,
  };
}
