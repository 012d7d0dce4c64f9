import type { Visibility } from "@pratique/access";
import { type Kysely, sql, type Transaction } from "kysely";
import type { ChangeFeed } from "../change-feed.ts";
import { formatCursor, type Page, parseCursor } from "../cursor.ts";
import type { Sight } from "../fleet/sight.ts";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import { literalPattern } from "../text-search.ts";
import { isOpen, type RegistryJobs } from "./registry-jobs.ts";
import { type ListedRegistryImage, newImage } from "./registry-listings.ts";
import { mayBeAsked, putOff, takeBack } from "./registry-pauses.ts";
import {
  type RegistryFault,
  type RegistryImageState,
  type RegistrySetting,
  registryImageOf,
  type StoredRegistryImage,
  settingOf,
} from "./registry-row.ts";

/** How often an image is tried before it counts as failed. */
const MAX_TRIES = 3;
const FIRST_PAUSE_MS = 10_000;
/** After so many images in a row for which a registry could not be reached, it is left alone for a while. */
const MAX_UNREACHED = 8;
const UNREACHED_PAUSE_MS = 5 * 60_000;
/** More pushed images than this do not wait: the registry is told to try again. */
const MAX_PUSHED = 10_000;

/** An image that somebody scans now. */
export interface ClaimedImage {
  readonly setting: RegistrySetting;
  readonly image: StoredRegistryImage;
  readonly holder: string;
}

/** What a worker says of an image that it has scanned, or could not. */
export type RegistryImageOutcome =
  | {
      readonly kind: "scanned";
      readonly imageId: string;
      readonly digest: string | null;
      readonly assessment: string;
    }
  /** The registry has it no more. */
  | { readonly kind: "absent"; readonly fault: RegistryFault }
  /** It would end the same if it were tried again. */
  | { readonly kind: "failed"; readonly fault: RegistryFault }
  /** It may have been bad luck; the try counts. */
  | { readonly kind: "unlucky"; readonly fault: RegistryFault }
  /** The registry could not be reached; the try counts, unless that is so for all of it. */
  | { readonly kind: "unreached"; readonly fault: RegistryFault }
  /** The registry asks to wait, in milliseconds; that is nobody's failure, and does not count. */
  | { readonly kind: "put-off"; readonly fault: RegistryFault; readonly waitMs: number }
  /** The worker ends; another one goes on. */
  | { readonly kind: "given-back" };

export interface RegistryImageQuery {
  readonly seen: Visibility;
  readonly registry?: string;
  readonly state?: RegistryImageState;
  readonly text?: string;
  readonly limit: number;
  readonly cursor?: string;
}

/**
 * The images of registries, and what became of them. Jobs hand them out to the workers that share the store: a registry
 * has a few slots, each with a job of one worker, and in each one image is scanned at a time.
 */
export class RegistryQueue {
  readonly #database: Kysely<Schema>;
  readonly #feed: ChangeFeed;
  readonly #sight: Sight;
  readonly #jobs: RegistryJobs;
  readonly #nowMs: StoreDialect["nowMs"];

  constructor(
    database: Kysely<Schema>,
    feed: ChangeFeed,
    {
      sight,
      jobs,
      nowMs,
    }: { readonly sight: Sight; readonly jobs: RegistryJobs; readonly nowMs: StoreDialect["nowMs"] },
  ) {
    this.#database = database;
    this.#feed = feed;
    this.#sight = sight;
    this.#jobs = jobs;
    this.#nowMs = nowMs;
  }

  /**
   * Has all jobs of all registries added anew, as a process does that begins to work at them: those of an earlier
   * release, or of a backup, are not there.
   */
  async resume(): Promise<void> {
    await this.followClock();
    const rows = await this.#database.selectFrom("registries").select("id").orderBy("id").execute();
    for (const { id } of rows) {
      await this.#feed.write((transaction) => this.#jobs.resume(transaction, id));
    }
  }

  /** Has those registries go on at once that were put off while the clock was ahead: they would wait until it is there again. */
  async followClock(): Promise<void> {
    const rows = await this.#database.selectFrom("registries").select("id").orderBy("id").execute();
    for (const { id } of rows) {
      await this.#feed.write(async (transaction) => {
        if (await takeBack(transaction, id, this.#nowMs)) await this.#jobs.resume(transaction, id);
      });
    }
  }

  /** Has those images of a registry begun whose time has come. */
  async wake(registry: string): Promise<void> {
    await this.#feed.write((transaction) => this.#jobs.scan(transaction, registry));
  }

  /** Leaves a slot to whoever takes its next job. */
  async handOver(registry: string, slot: number): Promise<void> {
    await this.#feed.write((transaction) => this.#jobs.scanIn(transaction, { registry, slot }));
  }

  /**
   * Takes the next image of a registry that is due, in a slot whose job the caller has: what was taken in it before and
   * never finished, a dead worker held.
   */
  async claim(
    registry: string,
    { slot, holder }: { readonly slot: number; readonly holder: string },
  ): Promise<ClaimedImage | undefined> {
    return await this.#feed.write(async (transaction, changed) => {
      if (await this.#giveBack(transaction, { registry, slot }))
        changed({ kind: "registry", subject: registry });
      const owner = await transaction
        .selectFrom("registries")
        .selectAll()
        .where("id", "=", registry)
        .where("concurrency", ">", slot)
        .where(mayBeAsked(this.#nowMs))
        .executeTakeFirst();
      const isFree = owner !== undefined && (await this.#hasRoom(transaction, owner));
      const number = isFree ? await this.#nextDue(transaction, registry) : undefined;
      if (owner === undefined || number === undefined) {
        await this.#jobs.scan(transaction, registry);
        return undefined;
      }
      const row = await transaction
        .updateTable("registry_images")
        .set(({ eb }) => ({
          state: "running",
          tries: eb("tries", "+", 1),
          // It is read now as it is after the push.
          again: 0,
          holder,
          slot,
        }))
        .where("number", "=", number)
        .returningAll()
        .executeTakeFirstOrThrow();
      changed({ kind: "registry", subject: registry });
      return { setting: settingOf(owner), image: registryImageOf(row), holder };
    });
  }

  /** Whether an image is still whose who claimed it. False where it is another's by now, or gone. */
  async isHeld(claimed: ClaimedImage): Promise<boolean> {
    return (await held(this.#database, claimed)) !== undefined;
  }

  /** Notes what came of a scan. False where the image is another's by now, or gone. */
  async finish(claimed: ClaimedImage, outcome: RegistryImageOutcome): Promise<boolean> {
    const { image, setting } = claimed;
    return await this.#feed.write(async (transaction, changed) => {
      const found = await held(transaction, claimed);
      if (found === undefined) return false;
      const isLeftAlone = await this.#noteReached(transaction, setting, outcome);
      const columns = this.#columnsAfter(image, outcome, isLeftAlone);
      // What was pushed meanwhile may be another image, and comes before all that were not pushed.
      const anew =
        found.again === 1 ? { state: "waiting", priority: 1, tries: 0, next_try_ms: 0, again: 0 } : {};
      await transaction
        .updateTable("registry_images")
        .set({ ...columns, ...untaken, ...anew })
        .where("number", "=", image.number)
        .execute();
      changed({ kind: "registry", subject: setting.id });
      return true;
    });
  }

  /**
   * Has images scanned that were pushed, before all others. False where too many wait; none is then noted. What is
   * not listed yet is noted anew.
   */
  async push(registry: string, images: readonly ListedRegistryImage[]): Promise<boolean> {
    return await this.#feed.write(async (transaction, changed) => {
      const waiting = await transaction
        .selectFrom("registry_images")
        .select(({ fn }) => fn.countAll().as("all"))
        .where("registry", "=", registry)
        .where("state", "=", "waiting")
        .where("priority", "=", 1)
        .executeTakeFirst();
      if (Number(waiting?.all ?? 0) + images.length > MAX_PUSHED) return false;
      const owner = await transaction
        .selectFrom("registries")
        .select("round")
        .where("id", "=", registry)
        .executeTakeFirst();
      if (owner === undefined) return false;
      for (const image of images) {
        await transaction
          .insertInto("registry_images")
          .values({ ...newImage(registry, image), priority: 1, round: owner.round })
          .onConflict((conflict) =>
            conflict.columns(["registry", "repository", "tag", "platform"]).doUpdateSet({
              priority: 1,
              // A listing that goes on may have passed it by before it was pushed.
              round: owner.round,
              again: sql<number>`case when ${isRunning} then 1 else 0 end`,
              state: sql<string>`case when ${isRunning} then 'running' else 'waiting' end`,
              tries: sql<number>`case when ${isRunning} then registry_images.tries else 0 end`,
              next_try_ms: 0,
            }),
          )
          .execute();
      }
      await this.#jobs.scan(transaction, registry);
      if (images.length > 0) changed({ kind: "registry", subject: registry });
      return true;
    });
  }

  /** In the order in which they were first listed. Throws `CURSOR_MALFORMED`. */
  async list(query: RegistryImageQuery): Promise<Page<StoredRegistryImage>> {
    const filtered = this.#filtered(query);
    const counted = await filtered.select(({ fn }) => fn.countAll().as("total")).executeTakeFirst();
    let paged = filtered.selectAll().orderBy("number");
    if (query.cursor !== undefined) {
      paged = paged.where("number", ">", Number(parseCursor(query.cursor, "number").key));
    }
    const rows = await paged.limit(query.limit + 1).execute();
    const last = rows.length > query.limit ? rows[query.limit - 1] : undefined;
    return {
      items: rows.slice(0, query.limit).map(registryImageOf),
      nextCursor: last === undefined ? null : formatCursor({ key: last.number, id: "" }),
      total: Number(counted?.total ?? 0),
    };
  }

  #filtered({ seen, registry, state, text }: RegistryImageQuery) {
    let query = this.#database.selectFrom("registry_images").where(this.#sight.registryImages(seen));
    if (registry !== undefined) query = query.where("registry", "=", registry);
    if (state !== undefined) query = query.where("state", "=", state);
    if (text === undefined) return query;
    // Repositories are in lower case, and tags are looked for as they are read.
    return query.where(
      sql<boolean>`lower(${sql.ref("repository")} || ':' || ${sql.ref("tag")}) like ${literalPattern(text)} escape '\\'`,
    );
  }

  /**
   * What was pushed, else what was listed. Asked for one by one, the index has each at its beginning, however many images
   * wait.
   */
  async #nextDue(transaction: Transaction<Schema>, registry: string): Promise<number | undefined> {
    for (const priority of [1, 0]) {
      const row = await transaction
        .selectFrom("registry_images")
        .select("number")
        .where("registry", "=", registry)
        .where(isOpen)
        .where("state", "=", "waiting")
        .where("priority", "=", priority)
        .where("next_try_ms", "<=", this.#nowMs)
        .orderBy("next_try_ms")
        .orderBy("number")
        .limit(1)
        .executeTakeFirst();
      if (row !== undefined) return row.number;
    }
    return undefined;
  }

  async #hasRoom(
    transaction: Transaction<Schema>,
    { id, concurrency }: { readonly id: string; readonly concurrency: number },
  ): Promise<boolean> {
    const running = await transaction
      .selectFrom("registry_images")
      .select(({ fn }) => fn.countAll().as("all"))
      .where("registry", "=", id)
      .where("state", "=", "running")
      .executeTakeFirst();
    return Number(running?.all ?? 0) < concurrency;
  }

  /**
   * Has an image wait again that a dead worker had in a slot. One that has killed its workers as often as it may fail is
   * not begun again, unless another one was pushed meanwhile. Whether there was one.
   */
  async #giveBack(
    transaction: Transaction<Schema>,
    { registry, slot }: { readonly registry: string; readonly slot: number },
  ): Promise<boolean> {
    const abandoned = await transaction
      .selectFrom("registry_images")
      .select(["number", "tries", "again"])
      .where("registry", "=", registry)
      .where("state", "=", "running")
      .where("slot", "=", slot)
      .execute();
    for (const { number, tries, again } of abandoned) {
      const isOver = tries >= MAX_TRIES && again === 0;
      const columns = isOver ? { ...this.#failed, ...faultColumns(workerDied) } : { state: "waiting" };
      await transaction
        .updateTable("registry_images")
        .set({ ...columns, ...untaken })
        .where("number", "=", number)
        .execute();
    }
    return abandoned.length > 0;
  }

  get #failed() {
    return { state: "failed", priority: 0, done_at_ms: this.#nowMs };
  }

  /** Notes whether a registry can be reached, and until when it is to be left alone. True where it is now. */
  async #noteReached(
    transaction: Transaction<Schema>,
    { id, address }: RegistrySetting,
    outcome: RegistryImageOutcome,
  ): Promise<boolean> {
    const nowMs = this.#nowMs;
    if (outcome.kind === "given-back") return false;
    if (outcome.kind === "put-off") {
      await putOff(transaction, { address, code: outcome.fault.code, waitMs: outcome.waitMs, nowMs });
      return true;
    }
    const isUnreached = outcome.kind === "unreached";
    const row = await transaction
      .updateTable("registries")
      .set(({ eb }) => ({ unreached: isUnreached ? eb("unreached", "+", 1) : 0 }))
      .where("id", "=", id)
      .returning("unreached")
      .executeTakeFirst();
    if (!isUnreached || (row?.unreached ?? 0) < MAX_UNREACHED) return false;
    await putOff(transaction, { address, code: outcome.fault.code, waitMs: UNREACHED_PAUSE_MS, nowMs });
    return true;
  }

  #columnsAfter({ tries }: StoredRegistryImage, outcome: RegistryImageOutcome, isLeftAlone: boolean) {
    const untried = { state: "waiting", tries: Math.max(0, tries - 1) };
    switch (outcome.kind) {
      case "scanned":
        return {
          state: "scanned",
          priority: 0,
          image_id: outcome.imageId,
          digest: outcome.digest,
          assessment: outcome.assessment,
          done_at_ms: this.#nowMs,
          ...faultColumns(undefined),
        };
      case "absent":
      case "failed":
        return { ...this.#failed, state: outcome.kind, ...faultColumns(outcome.fault) };
      case "given-back":
        return untried;
      case "put-off":
        return { ...untried, ...faultColumns(outcome.fault) };
      case "unlucky":
      case "unreached": {
        const fault = faultColumns(outcome.fault);
        // The fault is not the image's: its tries are not used up.
        if (isLeftAlone) return { ...untried, ...fault };
        if (tries >= MAX_TRIES) return { ...this.#failed, ...fault };
        const pauseMs = sql<number>`${this.#nowMs} + cast(${FIRST_PAUSE_MS * 4 ** (tries - 1)} as integer)`;
        return { state: "waiting", next_try_ms: pauseMs, ...fault };
      }
    }
  }
}

const untaken = { holder: null, slot: null };
const workerDied: RegistryFault = {
  code: "WORKER_DIED",
  message: "the worker died while it scanned the image",
  advice: "look into the worker's log; an image that is too large for its memory needs a larger worker",
};

/** What a worker has claimed, if it is still its own: what comes of it counts for nothing otherwise. */
async function held(
  database: Kysely<Schema>,
  { image, holder }: ClaimedImage,
): Promise<{ readonly again: number } | undefined> {
  return await database
    .selectFrom("registry_images")
    .select("again")
    .where("number", "=", image.number)
    .where("holder", "=", holder)
    .where("tries", "=", image.tries)
    .where("state", "=", "running")
    .executeTakeFirst();
}

const isRunning = sql`registry_images.state = 'running'`;

function faultColumns(fault: RegistryFault | undefined) {
  return { code: fault?.code ?? null, message: fault?.message ?? null, advice: fault?.advice ?? null };
}
