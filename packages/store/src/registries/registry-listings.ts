import { type ExpressionBuilder, type Kysely, sql, type Transaction } from "kysely";
import type { ChangeFeed } from "../change-feed.ts";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
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

/** The listings of registries: by one worker at a time for each. */
export class RegistryListings {
  readonly #database: Kysely<Schema>;
  readonly #feed: ChangeFeed;
  readonly #nowMs: StoreDialect["nowMs"];

  constructor(database: Kysely<Schema>, feed: ChangeFeed, { nowMs }: Pick<StoreDialect, "nowMs">) {
    this.#database = database;
    this.#feed = feed;
    this.#nowMs = nowMs;
  }

  /** The registries that are to be listed now. */
  async due(): Promise<readonly string[]> {
    const rows = await this.#database
      .selectFrom("registries")
      .select("id")
      .where(this.#isDue())
      .orderBy("id")
      .execute();
    return rows.map(({ id }) => id);
  }

  /** Begins to list a registry, where that is due and nobody else does. */
  async begin(
    registry: string,
    { holder, leaseMs }: { readonly holder: string; readonly leaseMs: number },
  ): Promise<RegistryListing | undefined> {
    return await this.#feed.write(async (transaction, changed) => {
      const row = await transaction
        .updateTable("registries")
        .set(({ eb }) => ({
          list_holder: holder,
          list_lease_ms: eb(this.#nowMs, "+", leaseMs),
          list_tries: eb("list_tries", "+", 1),
          round: eb("round", "+", 1),
        }))
        .where("id", "=", registry)
        .where(this.#isDue())
        .returningAll()
        .executeTakeFirst();
      if (row === undefined) return undefined;
      changed({ kind: "registry", subject: registry });
      return { setting: settingOf(row), holder, round: row.round };
    });
  }

  /** Shows that the listing goes on. False where it is another's by now, or the registry is gone. */
  async extend({ setting, holder, round }: RegistryListing, leaseMs: number): Promise<boolean> {
    const row = await this.#database
      .updateTable("registries")
      .set(({ eb }) => ({ list_lease_ms: eb(this.#nowMs, "+", leaseMs) }))
      .where("id", "=", setting.id)
      .where("list_holder", "=", holder)
      .where("round", "=", round)
      .returning("id")
      .executeTakeFirst();
    return row !== undefined;
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
          ...free,
          list_tries: 0,
          list_at_ms: everyMinutes === 0 ? null : eb(this.#nowMs, "+", everyMinutes * 60_000),
          ...(fault === undefined && { listed_at_ms: this.#nowMs }),
          ...faultColumns(fault),
        }))
        .where("id", "=", id)
        .execute();
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
          ...free,
          list_at_ms: pauseMs === undefined ? null : eb(this.#nowMs, "+", pauseMs),
          ...(retry.kind === "after" && { list_tries: Math.max(0, tries - 1) }),
          ...faultColumns(fault),
        }))
        .where("id", "=", id)
        .execute();
      changed({ kind: "registry", subject: id });
    });
  }

  /** Lets go of a listing that was cut off here, so that another worker need not wait for it. */
  async release(listing: RegistryListing): Promise<void> {
    await this.#feed.write(async (transaction) => {
      const tries = await holds(transaction, listing);
      if (tries === false) return;
      await transaction
        .updateTable("registries")
        .set({ ...free, list_tries: Math.max(0, tries - 1) })
        .where("id", "=", listing.setting.id)
        .execute();
    });
  }

  /** Those whose time has come, that may be asked, and that no living worker lists. */
  #isDue() {
    return (builder: ExpressionBuilder<Schema, "registries">) => {
      const { eb, and, or } = builder;
      return and([
        mayBeAsked(this.#nowMs)(builder),
        eb("list_at_ms", "<=", this.#nowMs),
        or([eb("list_lease_ms", "is", null), eb("list_lease_ms", "<=", this.#nowMs)]),
      ]);
    };
  }
}

const free = { list_holder: null, list_lease_ms: null };

/** How often in a row it was begun; false where the listing is another's by now. */
async function holds(
  transaction: Transaction<Schema>,
  { setting, holder, round }: RegistryListing,
): Promise<number | false> {
  const row = await transaction
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
    lease_ms: null,
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
