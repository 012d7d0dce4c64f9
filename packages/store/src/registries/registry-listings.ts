import { type Kysely, sql, type Transaction } from "kysely";
import type { ChangeFeed } from "../change-feed.ts";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import type { RegistryJobs } from "./registry-jobs.ts";
import { boundedWait, mayBeAsked, putOff } from "./registry-pauses.ts";
import { type RegistryFault, type RegistrySetting, settingOf } from "./registry-row.ts";

/** An image as a registry lists it or tells of its push. */
export interface ListedRegistryImage {
  /** With the registry's host. */
  readonly repository: string;
  readonly tag: string;
  /** Empty for the one of the worker. */
  readonly platform: string;
}

/** A registry that somebody has begun to list. */
export interface RegistryListing {
  readonly setting: RegistrySetting;
  readonly holder: string;
  readonly round: number;
}

/** When a listing that failed is tried again. */
export type ListingRetry =
  | { readonly kind: "never" }
  | { readonly kind: "soon" }
  /** The registry asks to wait, in milliseconds; that counts as nobody's failure. */
  | { readonly kind: "after"; readonly waitMs: number };

/** Rows of one INSERT: below what either database takes as parameters. */
const ROWS_AT_ONCE = 500;
const FIRST_PAUSE_MS = 30_000;
const MAX_PAUSE_MS = 6 * 3_600_000;

/** The listings of registries: by one worker at a time for each, who has the registry's job. */
export class RegistryListings {
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

  /** Begins to list a registry, where that is due. Whoever did so before is dead: the job has one worker. */
  async begin(registry: string, holder: string): Promise<RegistryListing | undefined> {
    return await this.#feed.write(async (transaction, changed) => {
      const row = await transaction
        .updateTable("registries")
        .set(({ eb }) => ({
          list_holder: holder,
          list_tries: eb("list_tries", "+", 1),
          round: eb("round", "+", 1),
        }))
        .where("id", "=", registry)
        .where(mayBeAsked(this.#nowMs))
        .where("list_at_ms", "<=", this.#nowMs)
        .returningAll()
        .executeTakeFirst();
      if (row === undefined) {
        await this.#jobs.list(transaction, registry);
        return undefined;
      }
      changed({ kind: "registry", subject: registry });
      return { setting: settingOf(row), holder, round: row.round };
    });
  }

  /** Whether the listing is still whose who began it. False where it is another's by now, or the registry is gone. */
  async isHeld(listing: RegistryListing): Promise<boolean> {
    return (await holds(this.#database, listing)) !== false;
  }

  /**
   * Notes images that are listed: each waits to be scanned, unless it does so already. False where the listing is
   * another's by now.
   */
  async add(listing: RegistryListing, images: readonly ListedRegistryImage[]): Promise<boolean> {
    const { id } = listing.setting;
    return await this.#feed.write(async (transaction, changed) => {
      if (!(await holds(transaction, listing))) return false;
      const once = onceEach(images);
      for (let from = 0; from < once.length; from += ROWS_AT_ONCE) {
        await note(transaction, listing, once.slice(from, from + ROWS_AT_ONCE));
      }
      await this.#jobs.scan(transaction, id);
      changed({ kind: "registry", subject: id });
      return true;
    });
  }

  /**
   * Ends a listing. Where it was whole, what it did not name is gone; else why it was not is told, and what it did not
   * name stays.
   */
  async end(listing: RegistryListing, fault: RegistryFault | undefined): Promise<void> {
    const { setting, round } = listing;
    const { id, everyMinutes } = setting;
    await this.#feed.write(async (transaction, changed) => {
      if (!(await holds(transaction, listing))) return;
      if (fault === undefined) {
        await transaction
          .deleteFrom("registry_images")
          .where("registry", "=", id)
          .where("round", "<", round)
          .where("state", "<>", "running")
          .execute();
      }
      await transaction
        .updateTable("registries")
        .set(({ eb }) => ({
          list_holder: null,
          list_tries: 0,
          list_at_ms: everyMinutes === 0 ? null : eb(this.#nowMs, "+", everyMinutes * 60_000),
          ...(fault === undefined && { listed_at_ms: this.#nowMs }),
          ...faultColumns(fault),
        }))
        .where("id", "=", id)
        .execute();
      await this.#jobs.list(transaction, id);
      changed({ kind: "registry", subject: id });
    });
  }

  /** Notes that a registry could not be listed, and when that is tried again. */
  async fail(listing: RegistryListing, fault: RegistryFault, retry: ListingRetry): Promise<void> {
    const { id, address, everyMinutes } = listing.setting;
    await this.#feed.write(async (transaction, changed) => {
      const tries = await holds(transaction, listing);
      if (tries === false) return;
      if (retry.kind === "after") {
        await putOff(transaction, { address, code: fault.code, waitMs: retry.waitMs, nowMs: this.#nowMs });
      }
      const pauseMs = pauseOf(retry, { tries, everyMinutes });
      await transaction
        .updateTable("registries")
        .set(({ eb }) => ({
          list_holder: null,
          list_at_ms: pauseMs === undefined ? null : eb(this.#nowMs, "+", pauseMs),
          ...(retry.kind === "after" && { list_tries: Math.max(0, tries - 1) }),
          ...faultColumns(fault),
        }))
        .where("id", "=", id)
        .execute();
      await this.#jobs.list(transaction, id);
      changed({ kind: "registry", subject: id });
    });
  }

  /** Lets go of a listing that was cut off here, so that another worker begins it anew. */
  async release(listing: RegistryListing): Promise<void> {
    await this.#feed.write(async (transaction) => {
      const tries = await holds(transaction, listing);
      if (tries === false) return;
      await transaction
        .updateTable("registries")
        .set({ list_holder: null, list_tries: Math.max(0, tries - 1) })
        .where("id", "=", listing.setting.id)
        .execute();
      await this.#jobs.list(transaction, listing.setting.id);
    });
  }
}

/** How often in a row it was begun; false where the listing is another's by now. */
async function holds(
  database: Kysely<Schema>,
  { setting, holder, round }: RegistryListing,
): Promise<number | false> {
  const row = await database
    .selectFrom("registries")
    .select("list_tries")
    .where("id", "=", setting.id)
    .where("list_holder", "=", holder)
    .where("round", "=", round)
    .executeTakeFirst();
  return row?.list_tries ?? false;
}

/** PostgreSQL refuses an INSERT that would change one row twice. */
function onceEach(images: readonly ListedRegistryImage[]): readonly ListedRegistryImage[] {
  const byName = new Map(
    images.map((image) => [JSON.stringify([image.repository, image.tag, image.platform]), image]),
  );
  return [...byName.values()];
}

async function note(
  transaction: Transaction<Schema>,
  { setting, round }: RegistryListing,
  images: readonly ListedRegistryImage[],
): Promise<void> {
  await transaction
    .insertInto("registry_images")
    .values(images.map((image) => ({ ...newImage(setting.id, image), round })))
    .onConflict((conflict) =>
      conflict.columns(["registry", "repository", "tag", "platform"]).doUpdateSet({
        round,
        // What waits keeps its tries and its time, and what runs goes on.
        tries: sql<number>`case when ${isDone} then 0 else registry_images.tries end`,
        next_try_ms: sql<number>`case when ${isDone} then 0 else registry_images.next_try_ms end`,
        priority: sql<number>`case when ${isDone} then 0 else registry_images.priority end`,
        state: sql<string>`case when ${isDone} then 'waiting' else registry_images.state end`,
      }),
    )
    .execute();
}

const isDone = sql`registry_images.state in ('scanned', 'failed', 'absent')`;

/** An image of which nothing is known. */
export function newImage(registry: string, { repository, tag, platform }: ListedRegistryImage) {
  return {
    registry,
    repository,
    tag,
    platform,
    state: "waiting",
    priority: 0,
    tries: 0,
    next_try_ms: 0,
    round: 0,
    again: 0,
    holder: null,
    slot: null,
    code: null,
    message: null,
    advice: null,
    image_id: null,
    digest: null,
    assessment: null,
    done_at_ms: null,
  };
}

function faultColumns(fault: RegistryFault | undefined) {
  return {
    error_code: fault?.code ?? null,
    error_message: fault?.message ?? null,
    error_advice: fault?.advice ?? null,
  };
}

/** Undefined for not by itself. */
function pauseOf(
  retry: ListingRetry,
  { tries, everyMinutes }: { readonly tries: number; readonly everyMinutes: number },
): number | undefined {
  switch (retry.kind) {
    case "after":
      return boundedWait(retry.waitMs);
    case "soon":
      return Math.min(FIRST_PAUSE_MS * 2 ** Math.max(0, tries - 1), MAX_PAUSE_MS);
    case "never":
      return everyMinutes === 0 ? undefined : everyMinutes * 60_000;
  }
}
