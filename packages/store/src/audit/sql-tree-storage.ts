import type { HashTile, Opening, StoredEntry, TreeGrowth, TreeHead, TreeStorage } from "@pratique/audit";
import { AuditError, parseCheckpoint } from "@pratique/audit";
import type { Kysely, Transaction } from "kysely";
import { StoreError } from "../errors.ts";
import { RowInserter } from "../insert-rows.ts";
import type { Schema } from "../schema.ts";
import { searchable } from "../text-search.ts";
import type { AuditEntryTable, AuditSealedOpeningTable } from "./audit-schema.ts";
import {
  eraseOpeningsAt,
  type OpeningSeal,
  openingId,
  openingsOf,
  sealedOpeningInserter,
} from "./opening-repository.ts";

const HASH_BYTES = 32;
/** The one row there is: whoever moves the head holds it. */
const HEAD = 1;
const NO_CHECKPOINT = -1;
/** Rows of one INSERT: a row has a dozen columns at most, and SQLite takes 32 766 parameters. */
const ROWS_AT_ONCE = 500;

/** What a storage is opened with. */
export interface SqlTreeStorageOptions {
  /** Names the process: what it has begun and not ended is its own, until it is dead. */
  readonly holder: string;
  /** Seals names and addresses: whoever reads the database alone learns none. */
  readonly seal: OpeningSeal;
}

/**
 * Keeps a log in the store's database. A commit is one transaction, which begins by moving the head: of two servers
 * the second waits, and then finds that the tree has another size.
 */
export class SqlTreeStorage implements TreeStorage {
  readonly #database: Kysely<Schema>;
  readonly #holder: string;
  readonly #seal: OpeningSeal;
  readonly #entries = new RowInserter("audit_entries", [
    "place",
    "bytes",
    "time",
    "class",
    "action",
    "actor",
    "subject",
    "decision",
    "outcome",
    "search",
  ]);
  readonly #sealed = sealedOpeningInserter();

  constructor(database: Kysely<Schema>, { holder, seal }: SqlTreeStorageOptions) {
    this.#database = database;
    this.#holder = holder;
    this.#seal = seal;
  }

  async head(): Promise<TreeHead> {
    return await named(async () => {
      const row = await this.#database
        .selectFrom("audit_heads")
        .select(["size", "time", "frontier"])
        .where("id", "=", HEAD)
        .executeTakeFirst();
      if (row === undefined) return { size: 0, time: "", frontier: [] };
      return { size: Number(row.size), time: row.time, frontier: hashesIn(row.frontier) };
    });
  }

  async extend(expectedSize: number, growth: TreeGrowth): Promise<"stored" | "conflict"> {
    // Before the transaction: keys may have to be read from the store first.
    const sealed = await this.#sealAll(growth.entries);
    return await named(async () => {
      try {
        return await this.#database.transaction().execute(async (transaction) => {
          if (!(await moveHead(transaction, expectedSize, growth.head))) return "conflict";
          await this.#entries.insert(transaction, growth.entries.map(entryRow));
          await this.#sealed.insert(transaction, sealed);
          await putTiles(transaction, growth.tiles);
          await this.#followCalls(transaction, growth.entries);
          return "stored";
        });
      } catch (thrown) {
        // The connection may have been lost in the commit. Where that cannot be told either, it is not claimed.
        if (await this.#holds(growth.entries).catch(() => false)) return "stored";
        throw thrown;
      }
    });
  }

  /** Whether entries lie where they were to be put: no two have the same bytes at the same place. */
  async #holds(entries: readonly StoredEntry[]): Promise<boolean> {
    const places = new Map(entries.map(({ index, bytes }) => [index, bytes]));
    const held = await this.#database.transaction().execute(async (transaction) => {
      // Whoever moves the head holds its row until that is stored, or is not.
      await transaction
        .updateTable("audit_heads")
        .set(({ ref }) => ({ id: ref("id") }))
        .where("id", "=", HEAD)
        .execute();
      return await transaction
        .selectFrom("audit_entries")
        .select(["place", "bytes"])
        .where("place", "in", [...places.keys()])
        .execute();
    });
    return (
      held.length === places.size &&
      held.every(({ place, bytes }) => Buffer.compare(bytes, places.get(Number(place)) ?? Buffer.of()) === 0)
    );
  }

  async entries(from: number, to: number): Promise<readonly Uint8Array[]> {
    return await named(async () => {
      const rows = await this.#database
        .selectFrom("audit_entries")
        .select(["place", "bytes"])
        .where("place", ">=", from)
        .where("place", "<", to)
        .orderBy("place")
        .execute();
      // Behind a row that is missing the others would have the wrong place.
      const gap = rows.findIndex(({ place }, at) => Number(place) !== from + at);
      return rows.slice(0, gap === -1 ? rows.length : gap).map(({ bytes }) => bytes);
    });
  }

  async tile(level: number, index: number): Promise<Uint8Array | undefined> {
    return await named(async () => {
      const row = await this.#database
        .selectFrom("audit_tiles")
        .select("hashes")
        .where("level", "=", level)
        .where("place", "=", index)
        .executeTakeFirst();
      return row?.hashes;
    });
  }

  async putCheckpoint(checkpoint: string): Promise<void> {
    const { size } = parseCheckpoint(checkpoint);
    await named(
      async () =>
        await this.#database
          .insertInto("audit_heads")
          .values({
            id: HEAD,
            size: 0,
            time: "",
            frontier: new Uint8Array(),
            checkpoint,
            checkpoint_size: size,
          })
          .onConflict((conflict) =>
            conflict
              .column("id")
              .doUpdateSet({ checkpoint, checkpoint_size: size })
              .where("audit_heads.checkpoint_size", "<=", size),
          )
          .execute(),
    );
  }

  async checkpoint(): Promise<string | undefined> {
    return await named(async () => {
      const row = await this.#database
        .selectFrom("audit_heads")
        .select("checkpoint")
        .where("id", "=", HEAD)
        .executeTakeFirst();
      return row?.checkpoint ?? undefined;
    });
  }

  async openings(index: number): Promise<readonly Opening[]> {
    return await named(async () => {
      const stored = (await openingsOf(this.#database, [index])).get(index) ?? [];
      const opened: Opening[] = [];
      for (const each of stored) opened.push(...(await this.#seal.open(each)));
      return opened;
    });
  }

  async eraseOpenings(index: number): Promise<void> {
    await named(async () => await eraseOpeningsAt(this.#database, index));
  }

  async #sealAll(entries: readonly StoredEntry[]) {
    const rows: AuditSealedOpeningTable[] = [];
    for (const { index, openings } of entries) {
      for (const opening of openings) {
        const id = openingId(index, opening.field);
        const { sealed, mark } = await this.#seal.seal(id, opening);
        rows.push({ id, place: index, mark, sealed_opening: sealed });
      }
    }
    return rows;
  }

  async #followCalls(transaction: Transaction<Schema>, entries: readonly StoredEntry[]): Promise<void> {
    // A call that begins and ends in one commit was never open to anybody.
    const open = new Map<string, number>();
    const ended: string[] = [];
    for (const { index, columns } of entries) {
      if (columns.call === "") continue;
      if (columns.stage === "intent") open.set(columns.call, index);
      if (columns.stage === "outcome" && !open.delete(columns.call)) ended.push(columns.call);
    }
    const rows = [...open].map(([call, place]) => ({ call, place, holder: this.#holder }));
    for (const part of chunks(rows)) {
      await transaction
        .insertInto("audit_open_calls")
        .values(part)
        .onConflict((conflict) => conflict.column("call").doNothing())
        .execute();
    }
    for (const part of chunks(ended)) {
      await transaction.deleteFrom("audit_open_calls").where("call", "in", part).execute();
    }
  }
}

async function moveHead(
  transaction: Transaction<Schema>,
  expectedSize: number,
  { size, time, frontier }: TreeHead,
): Promise<boolean> {
  const columns = { size, time, frontier: Buffer.concat(frontier) };
  const row =
    expectedSize === 0
      ? await transaction
          .insertInto("audit_heads")
          .values({ id: HEAD, ...columns, checkpoint: null, checkpoint_size: NO_CHECKPOINT })
          .onConflict((conflict) =>
            conflict.column("id").doUpdateSet(columns).where("audit_heads.size", "=", expectedSize),
          )
          .returning("id")
          .executeTakeFirst()
      : await transaction
          .updateTable("audit_heads")
          .set(columns)
          .where("id", "=", HEAD)
          .where("size", "=", expectedSize)
          .returning("id")
          .executeTakeFirst();
  return row !== undefined;
}

function entryRow({ index, bytes, columns }: StoredEntry): AuditEntryTable {
  const { time, class: kind, action, actor, subject, decision, outcome } = columns;
  const search = searchable([action, actor, subject]);
  return { place: index, bytes, time, class: kind, action, actor, subject, decision, outcome, search };
}

async function putTiles(transaction: Transaction<Schema>, tiles: readonly HashTile[]): Promise<void> {
  for (const { level, index, hashes } of tiles) {
    await transaction
      .insertInto("audit_tiles")
      .values({ level, place: index, hashes })
      .onConflict((conflict) => conflict.columns(["level", "place"]).doUpdateSet({ hashes }))
      .execute();
  }
}

function* chunks<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) yield rows.slice(from, from + ROWS_AT_ONCE);
}

function hashesIn(bytes: Uint8Array): readonly Uint8Array[] {
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += HASH_BYTES) hashes.push(bytes.subarray(at, at + HASH_BYTES));
  return hashes;
}

/** Gives the store's errors the names that the log knows. */
async function named<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof StoreError)) throw thrown;
    const { code, message } = thrown;
    if (code === "STORE_FULL") throw new AuditError("DISK_FULL", message, { cause: thrown });
    if (code === "STORE_CORRUPT") throw new AuditError("LOG_CORRUPT", message, { cause: thrown });
    throw new AuditError("LOG_UNWRITABLE", message, { cause: thrown });
  }
}
