import { type Kysely, sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";

/** Which index is meant. */
export interface StoredLayerIndex {
  /** The digest of the layer's uncompressed bytes. */
  readonly diffId: string;
  /** Stands for all else that decides what it holds. */
  readonly name: string;
}

/** Who makes an index. */
export interface LayerIndexHolder {
  /** Another one for each task of each process. */
  readonly holder: string;
  readonly leaseMs: number;
  /** The registry whose image is being read. */
  readonly registry: string;
}

/** `yours`: it is to be made by whoever asked. `made`: it is there. `held`: another one is at it. */
export type LayerIndexClaim = "yours" | "made" | "held";

/** Nobody holds an index for longer: a layer takes less, and others wait. */
const MAX_HELD_MS = 10 * 60_000;
/** What was asked for within is not written down again. */
const USED_STEP_MS = 60_000;
/** Longer than anybody who is alive leaves an index in the making. */
const ABANDONED_MS = 3_600_000;
/** Room is made for one index at a time, and most of the others stay. */
const TRIMMED_AT_ONCE = 100;
const SECRET = "paths";

/**
 * What was read of layers, for all servers and workers that share the database: each is made once, by one of them. The
 * one that is there stays until it is removed.
 */
export class LayerIndexRepository {
  readonly #database: Kysely<Schema>;
  readonly #nowMs: StoreDialect["nowMs"];

  constructor(database: Kysely<Schema>, { nowMs }: Pick<StoreDialect, "nowMs">) {
    this.#database = database;
    this.#nowMs = nowMs;
  }

  /** Says whether an index is there, and gives it to whoever asks to be made where it is not, and nobody makes it. */
  async claim(
    index: StoredLayerIndex,
    { holder, leaseMs, registry }: LayerIndexHolder,
  ): Promise<LayerIndexClaim> {
    const known = await this.#known(index);
    if (known?.isMade === true) {
      await this.#noteUse(index);
      return "made";
    }
    if (known?.isFree === false) return "held";
    const nowMs = this.#nowMs;
    const until = sql<number>`${nowMs} + cast(${leaseMs} as integer)`;
    const row = await this.#database
      .insertInto("layer_indexes")
      .values({
        diff_id: index.diffId,
        name: index.name,
        registry,
        holder,
        lease_ms: until,
        began_ms: nowMs,
        size_bytes: null,
        used_ms: nowMs,
      })
      .onConflict((conflict) =>
        conflict
          .columns(["diff_id", "name"])
          .doUpdateSet({ registry, holder, lease_ms: until, began_ms: nowMs })
          .where("layer_indexes.size_bytes", "is", null)
          .where("layer_indexes.lease_ms", "<=", nowMs),
      )
      .returning("holder")
      .executeTakeFirst();
    return row === undefined ? "held" : "yours";
  }

  /** Shows that an index is still being made. False where it is another's to make by now, or takes too long. */
  async extend(
    index: StoredLayerIndex,
    { holder, leaseMs }: Omit<LayerIndexHolder, "registry">,
  ): Promise<boolean> {
    const row = await this.#database
      .updateTable("layer_indexes")
      .set({ lease_ms: sql<number>`${this.#nowMs} + cast(${leaseMs} as integer)` })
      .where(is(index))
      .where(isHeldBy(holder))
      .where("began_ms", ">", sql<number>`${this.#nowMs} - ${sql.lit(MAX_HELD_MS)}`)
      .returning("name")
      .executeTakeFirst();
    return row !== undefined;
  }

  /**
   * Keeps an index that its holder has made, part by part. False, and nothing kept, where it is another's to make by
   * now. Rejects with what the parts reject with, and keeps nothing then.
   */
  async put(
    index: StoredLayerIndex,
    { holder, parts }: { readonly holder: string; readonly parts: AsyncIterable<Uint8Array> },
  ): Promise<boolean> {
    const { diffId, name } = index;
    return await this.#database.transaction().execute(async (transaction) => {
      // Written as it is, the row is locked: nobody takes it meanwhile.
      const row = await transaction
        .updateTable("layer_indexes")
        .set({ holder })
        .where(is(index))
        .where(isHeldBy(holder))
        .returning("name")
        .executeTakeFirst();
      if (row === undefined) return false;
      let part = 0;
      let size = 0;
      for await (const bytes of parts) {
        await transaction
          .insertInto("layer_index_parts")
          .values({ diff_id: diffId, name, part, bytes })
          .execute();
        part += 1;
        size += bytes.length;
      }
      await transaction
        .updateTable("layer_indexes")
        .set({ size_bytes: size, lease_ms: null, used_ms: this.#nowMs })
        .where(is(index))
        .execute();
      return true;
    });
  }

  /** Who has made an index; undefined where it is not made, or that is not known. */
  async makerOf(index: StoredLayerIndex): Promise<string | undefined> {
    const row = await this.#database
      .selectFrom("layer_indexes")
      .select("holder")
      .where(is(index))
      .where("size_bytes", "is not", null)
      .executeTakeFirst();
    return row?.holder ?? undefined;
  }

  /** Lets others make an index that the holder has not made. */
  async release(index: StoredLayerIndex, holder: string): Promise<void> {
    await this.#database.deleteFrom("layer_indexes").where(is(index)).where(isHeldBy(holder)).execute();
  }

  /** The parts of an index; fewer where it is removed meanwhile. */
  async *read({ diffId, name }: StoredLayerIndex): AsyncGenerator<Uint8Array, void, void> {
    for (let part = 0; ; part += 1) {
      const row = await this.#database
        .selectFrom("layer_index_parts")
        .select("bytes")
        .where("diff_id", "=", diffId)
        .where("name", "=", name)
        .where("part", "=", part)
        .executeTakeFirst();
      if (row === undefined) return;
      yield row.bytes;
    }
  }

  /** Removes an index that is made: it is made again when it is asked for. */
  async remove(index: StoredLayerIndex): Promise<void> {
    await this.#database.transaction().execute(async (transaction) => await removeAll(transaction, [index]));
  }

  /**
   * Believes nothing any more of what was ever shared. With another secret every index has another name: what hosts have
   * in their files is found by nobody either.
   */
  async forgetAll(): Promise<void> {
    await this.#database.deleteFrom("layer_secrets").where("id", "=", SECRET).execute();
    // Those that are made meanwhile have new names, and are few: they are made once more.
    for (let left = (await this.totals()).count; left > 0; left -= TRIMMED_AT_ONCE) {
      const oldest = await this.#oldest();
      const indexes = oldest.map(({ diff_id: diffId, name }) => ({ diffId, name }));
      await this.#database
        .transaction()
        .execute(async (transaction) => await removeAll(transaction, indexes));
    }
  }

  /** Removes what was not asked for the longest until the rest fits, and what somebody died over. */
  async trim(maxBytes: number): Promise<void> {
    const nowMs = this.#nowMs;
    const { total } = await this.totals();
    await this.#database
      .deleteFrom("layer_indexes")
      .where("size_bytes", "is", null)
      .where("lease_ms", "<=", sql<number>`${nowMs} - ${sql.lit(ABANDONED_MS)}`)
      .execute();
    let excess = total - maxBytes;
    while (excess > 0) {
      const oldest = await this.#oldest();
      if (oldest.length === 0) return;
      const tooMany: StoredLayerIndex[] = [];
      for (const { diff_id: diffId, name, size_bytes: size } of oldest) {
        if (excess <= 0) break;
        tooMany.push({ diffId, name });
        excess -= Number(size);
      }
      await this.#database
        .transaction()
        .execute(async (transaction) => await removeAll(transaction, tooMany));
    }
  }

  async #oldest() {
    return await this.#database
      .selectFrom("layer_indexes")
      .select(["diff_id", "name", "size_bytes"])
      .where("size_bytes", "is not", null)
      .orderBy("used_ms")
      .orderBy("diff_id")
      .orderBy("name")
      .limit(TRIMMED_AT_ONCE)
      .execute();
  }

  /** How many indexes are made, and their bytes together. */
  async totals(): Promise<{ readonly count: number; readonly total: number }> {
    const row = await this.#database
      .selectFrom("layer_indexes")
      .select(({ fn }) => [fn.countAll().as("count"), fn.sum("size_bytes").as("total")])
      .where("size_bytes", "is not", null)
      .executeTakeFirst();
    return { count: Number(row?.count ?? 0), total: Number(row?.total ?? 0) };
  }

  /** The secret with which all of them hash paths, sealed. Undefined where there is none yet. */
  async sealedSecret(): Promise<string | undefined> {
    const row = await this.#database
      .selectFrom("layer_secrets")
      .select("sealed_secret")
      .where("id", "=", SECRET)
      .executeTakeFirst();
    return row?.sealed_secret;
  }

  /** Keeps a secret where there is none yet. */
  async keepSecret(sealed: string): Promise<void> {
    await this.#database
      .insertInto("layer_secrets")
      .values({ id: SECRET, sealed_secret: sealed })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  async #known(
    index: StoredLayerIndex,
  ): Promise<{ readonly isMade: boolean; readonly isFree: boolean } | undefined> {
    const row = await this.#database
      .selectFrom("layer_indexes")
      .select(["size_bytes", "lease_ms"])
      .select(this.#nowMs.as("now_ms"))
      .where(is(index))
      .executeTakeFirst();
    return row && { isMade: row.size_bytes !== null, isFree: Number(row.lease_ms) <= Number(row.now_ms) };
  }

  async #noteUse(index: StoredLayerIndex): Promise<void> {
    await this.#database
      .updateTable("layer_indexes")
      .set({ used_ms: this.#nowMs })
      .where(is(index))
      .where("used_ms", "<", sql<number>`${this.#nowMs} - ${sql.lit(USED_STEP_MS)}`)
      .execute();
  }
}

function is({ diffId, name }: StoredLayerIndex) {
  return sql<boolean>`diff_id = ${diffId} and name = ${name}`;
}

function isHeldBy(holder: string) {
  return sql<boolean>`holder = ${holder} and size_bytes is null`;
}

async function removeAll(
  transaction: Transaction<Schema>,
  indexes: readonly StoredLayerIndex[],
): Promise<void> {
  for (const index of indexes) {
    const row = await transaction
      .deleteFrom("layer_indexes")
      .where(is(index))
      .where("size_bytes", "is not", null)
      .returning("name")
      .executeTakeFirst();
    if (row !== undefined) await transaction.deleteFrom("layer_index_parts").where(is(index)).execute();
  }
}
