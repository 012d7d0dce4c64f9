import { type RawBuilder, sql } from "kysely";
import type { JobQueue, StoreTransaction } from "../jobs/job-queue.ts";

/** The job that lists a registry; it is given `{ registry }`. */
export const LIST_REGISTRY = "registry.list";
/**
 * The job that scans images of a registry, one after the other, in one of its slots; it is given `{ registry, slot }`. A
 * registry has as many slots, counted from 0, as images of it may be scanned at once.
 */
export const SCAN_REGISTRY = "registry.scan";
/** The job that has images begun whose time has come; it is given `{ registry }`. */
export const WAKE_REGISTRY = "registry.wake";

/** What fails is counted with the image or the registry: no job of theirs is given up. */
const MAX_ATTEMPTS = 32_767;

/**
 * The jobs of registries. Each is added in the transaction that makes something due, so that nobody has to look for it;
 * one that finds nothing to do sees to it that there is one when there will be. What is said of one slot stands in one
 * line: so a slot has one worker, and whoever gets it next knows that the one before is dead or done.
 */
export class RegistryJobs {
  readonly #jobs: Pick<JobQueue, "enqueue">;
  readonly #nowMs: RawBuilder<number>;

  constructor(jobs: Pick<JobQueue, "enqueue">, nowMs: RawBuilder<number>) {
    this.#jobs = jobs;
    this.#nowMs = nowMs;
  }

  /** Has a registry listed when its time has come and it may be asked. */
  async list(transaction: StoreTransaction, registry: string): Promise<void> {
    const row = await transaction
      .selectFrom("registries")
      .select(["list_at_ms", "not_before_ms"])
      .where("id", "=", registry)
      .where("paused", "=", 0)
      .executeTakeFirst();
    if (row === undefined || row.list_at_ms === null) return;
    const key = `${LIST_REGISTRY} ${registry}`;
    const runAtMs = Math.max(row.list_at_ms, row.not_before_ms);
    const options = { key, line: key, runAtMs, maxAttempts: MAX_ATTEMPTS, transaction };
    await this.#jobs.enqueue(LIST_REGISTRY, { registry }, options);
  }

  /** Has images begun that are due, one in each slot that is free, and others when they are. */
  async scan(transaction: StoreTransaction, registry: string): Promise<void> {
    const row = await transaction
      .selectFrom("registries")
      .select(["concurrency", "not_before_ms", this.#nowMs.as("now_ms")])
      .where("id", "=", registry)
      .where("paused", "=", 0)
      .executeTakeFirst();
    if (row === undefined) return;
    const nowMs = Number(row.now_ms);
    if (row.not_before_ms <= nowMs) {
      const free = await freeSlots(transaction, registry, row.concurrency);
      const due = await countDue(transaction, { registry, nowMs, limit: free.length });
      for (const slot of free.slice(0, due)) await this.scanIn(transaction, { registry, slot });
    }
    await this.#wake(transaction, { registry, nowMs, notBeforeMs: row.not_before_ms });
  }

  /** Has the next image begun in a slot. One that waits for its turn already keeps its place. */
  async scanIn(
    transaction: StoreTransaction,
    { registry, slot }: { readonly registry: string; readonly slot: number },
  ): Promise<void> {
    const row = await transaction
      .selectFrom("registries")
      .select(this.#nowMs.as("now_ms"))
      .where("id", "=", registry)
      .executeTakeFirst();
    if (row === undefined) return;
    const key = `${SCAN_REGISTRY} ${registry} ${slot}`;
    // With its time, so that it comes neither before nor after those that had theirs earlier.
    const runAtMs = Number(row.now_ms);
    const options = {
      key,
      line: key,
      runAtMs,
      keepsTime: true,
      maxAttempts: MAX_ATTEMPTS,
      transaction,
    } as const;
    await this.#jobs.enqueue(SCAN_REGISTRY, { registry, slot }, options);
  }

  /** Has those begun whose time has not come yet, when it has. */
  async #wake(
    transaction: StoreTransaction,
    {
      registry,
      nowMs,
      notBeforeMs,
    }: { readonly registry: string; readonly nowMs: number; readonly notBeforeMs: number },
  ): Promise<void> {
    const row = await waiting(transaction, registry)
      .select(({ fn }) => fn.min("next_try_ms").as("at_ms"))
      // While a registry may not be asked, what is due waits as well.
      .where("next_try_ms", ">", notBeforeMs > nowMs ? -1 : nowMs)
      .executeTakeFirst();
    const atMs: number | null = row?.at_ms ?? null;
    if (atMs === null) return;
    const key = `${WAKE_REGISTRY} ${registry}`;
    const runAtMs = Math.max(Number(atMs), notBeforeMs);
    const options = { key, runAtMs, maxAttempts: MAX_ATTEMPTS, transaction };
    await this.#jobs.enqueue(WAKE_REGISTRY, { registry }, options);
  }

  /** Has all done anew that is to be done of a registry: its jobs may be of an earlier release, or lost. */
  async resume(transaction: StoreTransaction, registry: string): Promise<void> {
    await this.list(transaction, registry);
    await this.scan(transaction, registry);
    // Whoever holds one goes on with it meanwhile: the new job stands behind it.
    for (const slot of await heldSlots(transaction, registry))
      await this.scanIn(transaction, { registry, slot });
  }
}

/** In the words of the index of what is due, which is not used without. */
export const isOpen = sql<boolean>`registry_images.state in ('waiting', 'running')`;

/** Images that wait, found by the index of what is due. */
function waiting(transaction: StoreTransaction, registry: string) {
  return transaction
    .selectFrom("registry_images")
    .where("registry", "=", registry)
    .where("state", "=", "waiting")
    .where("priority", "in", [0, 1])
    .where(isOpen);
}

/** How many images are due, as far as it matters. */
async function countDue(
  transaction: StoreTransaction,
  { registry, nowMs, limit }: { readonly registry: string; readonly nowMs: number; readonly limit: number },
): Promise<number> {
  let due = 0;
  for (const priority of [1, 0]) {
    const rows = await waiting(transaction, registry)
      .select("number")
      .where("priority", "=", priority)
      .where("next_try_ms", "<=", nowMs)
      .limit(limit)
      .execute();
    due += rows.length;
  }
  return Math.min(due, limit);
}

async function heldSlots(transaction: StoreTransaction, registry: string): Promise<readonly number[]> {
  const rows = await transaction
    .selectFrom("registry_images")
    .select("slot")
    .where("registry", "=", registry)
    .where("state", "=", "running")
    .execute();
  return rows.map(({ slot }) => slot ?? 0);
}

/** The slots in which nothing is scanned, as many as may be begun. */
async function freeSlots(
  transaction: StoreTransaction,
  registry: string,
  concurrency: number,
): Promise<readonly number[]> {
  const held = await heldSlots(transaction, registry);
  return Array.from({ length: concurrency }, (_, slot) => slot)
    .filter((slot) => !held.includes(slot))
    .slice(0, Math.max(0, concurrency - held.length));
}
