import { type Kysely, type Selectable, sql } from "kysely";
import type { ChangeFeed } from "../change-feed.ts";
import { mayFollow, revisionOf } from "../content-revision.ts";
import type { StoreTransaction } from "../jobs/job-queue.ts";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import type { RegistryJobs } from "./registry-jobs.ts";
import {
  noImages,
  type RegistryImageCounts,
  type RegistrySetting,
  registryOf,
  type StoredRegistry,
  stateOf,
} from "./registry-row.ts";
import type { RegistryTable } from "./registry-schema.ts";

/** The registries that are scanned as a whole. */
export class RegistryRepository {
  readonly #database: Kysely<Schema>;
  readonly #feed: ChangeFeed;
  readonly #jobs: RegistryJobs;
  readonly #nowMs: StoreDialect["nowMs"];

  constructor(
    database: Kysely<Schema>,
    feed: ChangeFeed,
    { jobs, nowMs }: { readonly jobs: RegistryJobs; readonly nowMs: StoreDialect["nowMs"] },
  ) {
    this.#database = database;
    this.#feed = feed;
    this.#jobs = jobs;
    this.#nowMs = nowMs;
  }

  /** By id. */
  async list(): Promise<readonly StoredRegistry[]> {
    const rows = await this.#database
      .selectFrom("registries")
      .selectAll()
      .select(this.#nowMs.as("now_ms"))
      .orderBy("id")
      .execute();
    const counts = await this.#countsOf(rows.map(({ id }) => id));
    return rows.map((row) => read(row, counts));
  }

  async find(id: string): Promise<StoredRegistry | undefined> {
    const row = await this.#database
      .selectFrom("registries")
      .selectAll()
      .select(this.#nowMs.as("now_ms"))
      .where("id", "=", id)
      .executeTakeFirst();
    return row && read(row, await this.#countsOf([id]));
  }

  /** How many registries there are. */
  async count(): Promise<number> {
    const row = await this.#database
      .selectFrom("registries")
      .select(({ fn }) => fn.countAll().as("all"))
      .executeTakeFirst();
    return Number(row?.all ?? 0);
  }

  /**
   * Makes or changes a registry. It is listed at once where what is meant may be other images than before; what became
   * of those that were listed stays until then.
   *
   * `from` is the revision that is changed, `new` where nothing may be there yet, or empty for whatever is there. False
   * where it is another one, and nothing was changed.
   */
  async put(setting: Omit<RegistrySetting, "revision">, from = ""): Promise<boolean> {
    const { id } = setting;
    const content = {
      name: setting.name,
      kind: setting.kind,
      address: setting.address,
      path: setting.path,
      settings: JSON.stringify(setting.settings),
      every_minutes: setting.everyMinutes,
      concurrency: setting.concurrency,
      sealed_secrets: setting.sealedSecrets,
      secret_names: JSON.stringify(setting.secretNames),
    };
    const columns = { ...content, revision: revisionOf(content) };
    // Who lists it now does so as it was before: what comes of that counts for nothing.
    const anew = { list_at_ms: this.#nowMs, list_tries: 0, list_holder: null };
    return await this.#feed.write(async (transaction, changed) => {
      const before = await transaction
        .selectFrom("registries")
        .select(["address", "path", "revision"])
        .where("id", "=", id)
        .executeTakeFirst();
      if (!mayFollow(from, before)) return false;
      const isElsewhere = before !== undefined && before.address !== columns.address;
      if (isElsewhere || (before !== undefined && before.path !== columns.path)) {
        await transaction.deleteFrom("registry_images").where("registry", "=", id).execute();
      }
      // What the same host has asked for holds, whoever sets it up anew.
      const elsewhere = isElsewhere ? { not_before_ms: 0, unreached: 0 } : {};
      await transaction
        .insertInto("registries")
        .values({ id, ...columns, ...anew, paused: 0, ...noListing })
        .onConflict((conflict) => conflict.column("id").doUpdateSet({ ...columns, ...anew, ...elsewhere }))
        .execute();
      await this.#jobs.list(transaction, id);
      // It may bear more at once than before.
      await this.#jobs.scan(transaction, id);
      changed({ kind: "registry", subject: id });
      return true;
    });
  }

  /** Removes a registry and all that is known of its images; their reports stay. False where there was none. */
  async remove(id: string): Promise<boolean> {
    return await this.#feed.write(async (transaction, changed) => {
      await transaction.deleteFrom("registry_images").where("registry", "=", id).execute();
      const row = await transaction
        .deleteFrom("registries")
        .where("id", "=", id)
        .returning("id")
        .executeTakeFirst();
      if (row !== undefined) changed({ kind: "registry", subject: id });
      return row !== undefined;
    });
  }

  /** Begins nothing of a registry any more, or goes on; what is being scanned is scanned to its end. */
  async setPaused(id: string, paused: boolean): Promise<boolean> {
    return await this.#set(id, { paused: paused ? 1 : 0 }, async (transaction) => {
      await this.#jobs.list(transaction, id);
      await this.#jobs.scan(transaction, id);
    });
  }

  /** Has a registry listed as soon as it may be asked. */
  async listNow(id: string): Promise<boolean> {
    return await this.#set(id, { list_at_ms: this.#nowMs, list_tries: 0 }, (transaction) =>
      this.#jobs.list(transaction, id),
    );
  }

  /**
   * Tries again what could not be scanned: all of a registry, or one image. How many those are. When the registry may
   * be asked again stays as the registry has said.
   */
  async retry(id: string, number?: number): Promise<number> {
    return await this.#feed.write(async (transaction, changed) => {
      let query = transaction
        .updateTable("registry_images")
        .set({ state: "waiting", tries: 0, next_try_ms: 0, done_at_ms: null })
        .where("registry", "=", id);
      query =
        number === undefined
          ? query.where("state", "=", "failed")
          : query
              .where("number", "=", number)
              .where("state", "in", ["failed", "absent", "scanned", "waiting"]);
      const { numUpdatedRows } = await query.executeTakeFirstOrThrow();
      await this.#jobs.scan(transaction, id);
      changed({ kind: "registry", subject: id });
      return Number(numUpdatedRows);
    });
  }

  async #set(
    id: string,
    columns: Readonly<Record<string, unknown>>,
    arrange: (transaction: StoreTransaction) => Promise<void>,
  ): Promise<boolean> {
    return await this.#feed.write(async (transaction, changed) => {
      const row = await transaction
        .updateTable("registries")
        .set(columns)
        .where("id", "=", id)
        .returning("id")
        .executeTakeFirst();
      if (row === undefined) return false;
      await arrange(transaction);
      changed({ kind: "registry", subject: id });
      return true;
    });
  }

  async #countsOf(ids: readonly string[]): Promise<ReadonlyMap<string, RegistryImageCounts>> {
    if (ids.length === 0) return new Map();
    const rows = await this.#database
      .selectFrom("registry_images")
      .select(["registry", "state", sql<number>`count(*)`.as("images")])
      .where("registry", "in", ids)
      .groupBy(["registry", "state"])
      .execute();
    const counts = new Map<string, Record<keyof RegistryImageCounts, number>>();
    for (const { registry, state, images } of rows) {
      const of = counts.get(registry) ?? { ...noImages };
      of[stateOf(state)] += Number(images);
      counts.set(registry, of);
    }
    return counts;
  }
}

const noListing = {
  listed_at_ms: null,
  error_code: null,
  error_message: null,
  error_advice: null,
};

function read(
  { now_ms: nowMs, ...row }: Selectable<RegistryTable> & { readonly now_ms: number },
  counts: ReadonlyMap<string, RegistryImageCounts>,
): StoredRegistry {
  return registryOf(row, { images: counts.get(row.id) ?? noImages, nowMs: Number(nowMs) });
}
