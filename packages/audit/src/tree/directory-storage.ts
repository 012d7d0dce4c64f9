import { mkdirSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import { AuditError, toAuditError } from "../errors.ts";
import { parseCheckpoint } from "./checkpoint.ts";
import type { Opening } from "./commitment.ts";
import { flushDirectory, makeDirectory, replaceFile } from "./durable-file.ts";
import { decodeBundle, encodeBundle } from "./entry-bundle.ts";
import { Journal } from "./journal.ts";
import { type CommittedEntry, decodeCommit, encodeCommit } from "./journal-commit.ts";
import { HASH_BYTES, leafHash } from "./merkle.ts";
import { ProcessLock } from "./process-lock.ts";
import { changedTiles, partialTiles, TILE_WIDTH, type TileName, tilePath, tileWidth } from "./tile-path.ts";
import { directoryTileSource, type TileSource } from "./tile-source.ts";
import { type HashTile, TreeEdge } from "./tree-edge.ts";
import type { TreeGrowth, TreeHead, TreeStorage } from "./tree-storage.ts";

/** After so many entries they go from the journal into tiles, even without a checkpoint. */
const MAX_JOURNALED_ENTRIES = 8192;
/** How many files are written at once. */
const WRITERS = 8;

/** What is known of the log while nobody else has written. */
interface State {
  readonly journal: Journal;
  /** Entries after the base, which lie in the journal only. */
  readonly recent: CommittedEntry[];
  /** The newest state of each tile that the files do not have yet. */
  readonly tiles: Map<string, HashTile>;
  head: TreeHead;
}

/**
 * Keeps a log in a directory, laid out as c2sp.org/tlog-tiles wants it: the directory can be served as it stands.
 * A commit is one flushed write to a journal beside the tiles; tiles follow with each checkpoint. Any number of
 * processes of one host may write.
 *
 * Openings lie in `openings/`, which is not to be served.
 */
export class DirectoryTreeStorage implements TreeStorage, AsyncDisposable {
  readonly #directory: string;
  readonly #lock: ProcessLock;
  readonly #files: TileSource;
  #state: State | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** The directory is made with mode 0700 where it is missing. Throws `LOG_UNWRITABLE`. */
  constructor(directory: string) {
    this.#directory = directory;
    this.#files = directoryTileSource(directory);
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      this.#lock = new ProcessLock(path.join(directory, "lock"));
    } catch (thrown) {
      throw toAuditError(thrown, "the log cannot be opened");
    }
  }

  head(): Promise<TreeHead> {
    return this.#exclusively(async ({ head }) => head);
  }

  extend(expectedSize: number, growth: TreeGrowth): Promise<"stored" | "conflict"> {
    return this.#exclusively(async (state) => {
      if (state.head.size !== expectedSize) return "conflict";
      await state.journal.append(encodeCommit(growth.entries, growth.head.time));
      state.recent.push(...growth.entries);
      for (const tile of growth.tiles) state.tiles.set(`${tile.level}/${tile.index}`, tile);
      state.head = growth.head;
      // The commit is durable: what goes wrong from here on is mended when the journal is read again.
      if (state.recent.length >= MAX_JOURNALED_ENTRIES) await this.#settle(state).catch(() => this.#forget());
      return "stored";
    });
  }

  entries(from: number, to: number): Promise<readonly Uint8Array[]> {
    return this.#exclusively(async (state) => {
      const entries: Uint8Array[] = [];
      const end = Math.min(to, state.head.size);
      const base = state.journal.base.size;
      while (from + entries.length < Math.min(end, base)) {
        const next = from + entries.length;
        const bundle = await this.#bundle(Math.floor(next / TILE_WIDTH), base);
        const start = next % TILE_WIDTH;
        entries.push(...bundle.slice(start, start + end - next));
      }
      const rest = state.recent.slice(Math.max(0, from + entries.length - base), Math.max(0, end - base));
      return [...entries, ...rest.map(({ bytes }) => bytes)];
    });
  }

  tile(level: number, index: number): Promise<Uint8Array | undefined> {
    return this.#exclusively(async (state) => {
      const known = state.tiles.get(`${level}/${index}`);
      if (known !== undefined) return known.hashes;
      const width = tileWidth(level, index, state.journal.base.size);
      return width === 0 ? undefined : this.#files.tile({ level, index, width });
    });
  }

  putCheckpoint(checkpoint: string): Promise<void> {
    const { size } = parseCheckpoint(checkpoint);
    return this.#exclusively(async (state) => {
      const kept = await this.#files.checkpoint();
      if (kept !== undefined && parseCheckpoint(kept).size > size) return;
      await this.#settle(state);
      await this.#writePartials(size);
      await replaceFile(path.join(this.#directory, "checkpoint"), Buffer.from(checkpoint, "utf8"));
      await flushDirectory(this.#directory);
    });
  }

  checkpoint(): Promise<string | undefined> {
    return this.#files.checkpoint();
  }

  openings(index: number): Promise<readonly Opening[]> {
    return this.#exclusively(async (state) => {
      const recent = state.recent[index - state.journal.base.size];
      if (recent !== undefined) return recent.openings;
      return (await this.#readOpenings(Math.floor(index / TILE_WIDTH))).get(index) ?? [];
    });
  }

  eraseOpenings(index: number): Promise<void> {
    return this.#exclusively(async (state) => {
      // Not to be left behind in the journal.
      await this.#settle(state);
      const bundle = Math.floor(index / TILE_WIDTH);
      const openings = await this.#readOpenings(bundle);
      if (openings.delete(index)) await this.#writeOpenings(bundle, openings);
    });
  }

  /** Waits for what was begun; what comes later is refused with `LOG_CLOSED`. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#queue.catch(() => undefined);
    await this.#forget();
    this.#lock[Symbol.dispose]();
  }

  /** One thing at a time, in this process and in all: what is known is true while the lock is held. */
  async #exclusively<T>(work: (state: State) => Promise<T>): Promise<T> {
    if (this.#closed) throw new AuditError("LOG_CLOSED", "the storage is closed");
    const result = this.#queue.then(async () => {
      try {
        return await this.#lock.hold(async () => work(await this.#current()));
      } catch (thrown) {
        await this.#forget();
        throw toAuditError(thrown, "the log cannot be written");
      }
    });
    this.#queue = result.catch(() => undefined);
    return result;
  }

  async #current(): Promise<State> {
    const known = this.#state;
    if (known !== undefined && (await known.journal.isCurrent())) return known;
    await this.#forget();
    const state = await this.#load();
    this.#state = state;
    return state;
  }

  async #forget(): Promise<void> {
    const state = this.#state;
    this.#state = undefined;
    await state?.journal.close();
  }

  async #load(): Promise<State> {
    const { journal, commits } = await this.#openJournal();
    try {
      return await this.#replay(journal, commits);
    } catch (thrown) {
      await journal.close();
      throw thrown;
    }
  }

  async #replay(journal: Journal, commits: readonly Buffer[]): Promise<State> {
    const { size, time } = journal.base;
    const edge = await TreeEdge.load(size, (name) => this.#files.tile(name));
    const state: State = {
      journal,
      recent: [],
      tiles: new Map(),
      head: { size, time, frontier: edge.frontier() },
    };
    let last = time;
    for (const commit of commits.map(decodeCommit)) {
      for (const entry of commit.entries) edge.push(leafHash(entry.bytes));
      state.recent.push(...commit.entries);
      last = commit.time;
    }
    for (const tile of edge.takeChanged()) state.tiles.set(`${tile.level}/${tile.index}`, tile);
    state.head = { size: edge.size, time: last, frontier: edge.frontier() };
    return state;
  }

  async #openJournal(): ReturnType<typeof Journal.open> {
    const file = path.join(this.#directory, "journal");
    try {
      return await Journal.open(file);
    } catch (thrown) {
      if (!isMissing(thrown)) throw thrown;
    }
    // A log that has a head once had a journal: an empty one in its place would begin the log anew.
    if ((await this.#files.checkpoint()) !== undefined) {
      throw new AuditError("LOG_CORRUPT", "the log has a checkpoint, and its journal is missing");
    }
    await Journal.create(file, { size: 0, time: "" });
    return Journal.open(file);
  }

  /** Writes tiles and bundles for all entries of the journal, then begins a new journal. Harmless when repeated. */
  async #settle(state: State): Promise<void> {
    if (state.recent.length === 0) return;
    const [from, size] = [state.journal.base.size, state.head.size];
    const hashes = [...state.tiles.values()].map(({ level, index, width, hashes }) => ({
      name: { level, index, width },
      content: hashes,
    }));
    await this.#writeTiles([...hashes, ...(await this.#bundlesOf(state))]);
    await this.#addOpenings(from, state.recent);
    await Journal.create(path.join(this.#directory, "journal"), { size, time: state.head.time });
    await this.#removePartials(from, size);
    await state.journal.close();
    const { journal } = await Journal.open(path.join(this.#directory, "journal"));
    this.#state = { journal, recent: [], tiles: new Map(), head: state.head };
  }

  async #bundlesOf({ journal, recent, head }: State): Promise<readonly TileFile[]> {
    const base = journal.base.size;
    const files: TileFile[] = [];
    for (let index = Math.floor(base / TILE_WIDTH); index * TILE_WIDTH < head.size; index += 1) {
      const start = index * TILE_WIDTH;
      const before = start < base ? await this.#bundle(index, base) : [];
      const end = Math.min(start + TILE_WIDTH, head.size);
      const added = recent.slice(Math.max(start, base) - base, end - base).map(({ bytes }) => bytes);
      files.push({
        name: { level: "entries", index, width: end - start },
        content: encodeBundle([...before, ...added]),
      });
    }
    return files;
  }

  async #writeTiles(files: readonly TileFile[]): Promise<void> {
    const directories = new Set(files.map(({ name }) => path.dirname(this.#pathOf(name))));
    for (const directory of directories) await makeDirectory(directory);
    for (let at = 0; at < files.length; at += WRITERS) {
      const writes = files.slice(at, at + WRITERS);
      await Promise.all(writes.map(({ name, content }) => replaceFile(this.#pathOf(name), content)));
    }
    for (const directory of directories) await flushDirectory(directory);
  }

  /** The partial tiles of a size for which there is a checkpoint must be there (tlog-tiles, "Partial Tiles"). */
  async #writePartials(size: number): Promise<void> {
    const files: TileFile[] = [];
    for (const name of partialTiles(size)) {
      files.push({ name, content: (await this.#widest(name)).subarray(0, name.width * HASH_BYTES) });
      if (name.level !== 0) continue;
      const bundle: TileName = { ...name, level: "entries" };
      const current = await this.#bundle(name.index, this.#state?.journal.base.size ?? size);
      files.push({ name: bundle, content: encodeBundle(current.slice(0, name.width)) });
    }
    const known = await Promise.all(files.map(({ name }) => this.#isThere(name)));
    await this.#writeTiles(files.filter((_, at) => known[at] === false));
  }

  async #isThere(name: TileName): Promise<boolean> {
    const source = this.#files;
    const read = name.level === "entries" ? source.bundle(name.index, name.width) : source.tile(name);
    return read.then(
      () => true,
      () => false,
    );
  }

  /** A tile as wide as the files have it. */
  async #widest(name: TileName): Promise<Uint8Array> {
    const width = tileWidth(Number(name.level), name.index, this.#state?.journal.base.size ?? 0);
    return this.#files.tile({ ...name, width });
  }

  /** Partial tiles of which the full one is there now. */
  async #removePartials(oldSize: number, newSize: number): Promise<void> {
    for (const { level, index, width } of changedTiles(oldSize, newSize)) {
      if (width < TILE_WIDTH || tileWidth(Number(level), index, oldSize) === 0) continue;
      const levels = level === 0 ? [level, "entries" as const] : [level];
      for (const at of levels) {
        const full = this.#pathOf({ level: at, index, width });
        await rm(`${full}.p`, { recursive: true, force: true });
      }
    }
  }

  async #bundle(index: number, size: number): Promise<readonly Uint8Array[]> {
    const width = tileWidth(0, index, size);
    return decodeBundle(await this.#files.bundle(index, width), width);
  }

  async #addOpenings(base: number, recent: readonly CommittedEntry[]): Promise<void> {
    const added = Map.groupBy(
      recent.map(({ openings }, at) => ({ index: base + at, openings })),
      ({ index }) => Math.floor(index / TILE_WIDTH),
    );
    for (const [bundle, entries] of added) {
      if (entries.every(({ openings }) => openings.length === 0)) continue;
      const known = await this.#readOpenings(bundle);
      for (const { index, openings } of entries) if (openings.length > 0) known.set(index, openings);
      await this.#writeOpenings(bundle, known);
    }
  }

  async #readOpenings(bundle: number): Promise<Map<number, readonly Opening[]>> {
    try {
      // Written by this class alone; a value that does not fit its commitment is noticed by who uses it.
      const list: [number, readonly Opening[]][] = JSON.parse(
        await readFile(this.#openingsFile(bundle), "utf8"),
      );
      return new Map(list);
    } catch (thrown) {
      if (isMissing(thrown)) return new Map();
      throw thrown;
    }
  }

  async #writeOpenings(bundle: number, openings: ReadonlyMap<number, readonly Opening[]>): Promise<void> {
    const file = this.#openingsFile(bundle);
    await makeDirectory(path.dirname(file));
    await replaceFile(file, Buffer.from(JSON.stringify([...openings]), "utf8"));
    await flushDirectory(path.dirname(file));
  }

  #openingsFile(bundle: number): string {
    const name = tilePath({ level: 0, index: bundle, width: TILE_WIDTH }).slice("tile/0/".length);
    return path.join(this.#directory, "openings", name);
  }

  #pathOf(name: TileName): string {
    return path.join(this.#directory, tilePath(name));
  }
}

interface TileFile {
  readonly name: TileName;
  readonly content: Uint8Array;
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";
}
