import { mkdirSync } from "node:fs";
import path from "node:path";
import { hasCode, MiB } from "@pratique/core";
import { AuditError, toAuditError } from "../errors.ts";
import { parseCheckpoint } from "./checkpoint.ts";
import type { Opening } from "./commitment.ts";
import { flushDirectory, replaceFile } from "./durable-file.ts";
import { encodeBundle } from "./entry-bundle.ts";
import { Journal } from "./journal.ts";
import { type CommittedEntry, decodeCommit, encodeCommit } from "./journal-commit.ts";
import { leafHash } from "./merkle.ts";
import { OpeningFiles } from "./opening-files.ts";
import { ProcessLock } from "./process-lock.ts";
import { type TileFile, TileFiles } from "./tile-files.ts";
import { TILE_WIDTH, tileWidth } from "./tile-path.ts";
import { type HashTile, TreeEdge } from "./tree-edge.ts";
import type { TreeGrowth, TreeHead, TreeStorage } from "./tree-storage.ts";

/** After so many entries they go from the journal into tiles, even without a checkpoint. */
const MAX_JOURNALED_ENTRIES = 8192;
/** And so many bytes of them, for the largest entries. */
const MAX_JOURNALED_BYTES = 64 * MiB;

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
  readonly #files: TileFiles;
  readonly #openings: OpeningFiles;
  #state: State | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** The directory is made with mode 0700 where it is missing. Throws `LOG_UNWRITABLE`. */
  constructor(directory: string) {
    this.#directory = directory;
    this.#files = new TileFiles(directory);
    this.#openings = new OpeningFiles(path.join(directory, "openings"));
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
      if (isLong(state)) await this.#settle(state).catch(() => this.#forget());
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
        const bundle = await this.#files.bundle(Math.floor(next / TILE_WIDTH), base);
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
      return width === 0 ? undefined : this.#files.source.tile({ level, index, width });
    });
  }

  putCheckpoint(checkpoint: string): Promise<void> {
    const { size } = parseCheckpoint(checkpoint);
    return this.#exclusively(async (state) => {
      const kept = await this.#files.source.checkpoint();
      if (kept !== undefined && parseCheckpoint(kept).size > size) return;
      await this.#settle(state);
      await this.#files.writePartials(size, state.head.size);
      await replaceFile(path.join(this.#directory, "checkpoint"), Buffer.from(checkpoint, "utf8"));
      await flushDirectory(this.#directory);
    });
  }

  checkpoint(): Promise<string | undefined> {
    return this.#files.source.checkpoint();
  }

  openings(index: number): Promise<readonly Opening[]> {
    return this.#exclusively(async (state) => {
      const recent = state.recent[index - state.journal.base.size];
      if (recent !== undefined) return recent.openings;
      return this.#openings.get(index);
    });
  }

  eraseOpenings(index: number): Promise<void> {
    return this.#exclusively(async (state) => {
      // Not to be left behind in the journal.
      await this.#settle(state);
      await this.#openings.erase(index);
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
    const edge = await TreeEdge.load(size, (name) => this.#files.source.tile(name));
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
      if (!hasCode(thrown, "ENOENT")) throw thrown;
    }
    // A log that has a head once had a journal: an empty one in its place would begin the log anew.
    if ((await this.#files.source.checkpoint()) !== undefined) {
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
    await this.#files.write([...hashes, ...(await this.#bundlesOf(state))]);
    await this.#openings.add(
      from,
      state.recent.map(({ openings }) => openings),
    );
    await Journal.create(path.join(this.#directory, "journal"), { size, time: state.head.time });
    await this.#files.removePartials(from, size);
    await state.journal.close();
    const { journal } = await Journal.open(path.join(this.#directory, "journal"));
    this.#state = { journal, recent: [], tiles: new Map(), head: state.head };
  }

  async #bundlesOf({ journal, recent, head }: State): Promise<readonly TileFile[]> {
    const base = journal.base.size;
    const files: TileFile[] = [];
    for (let index = Math.floor(base / TILE_WIDTH); index * TILE_WIDTH < head.size; index += 1) {
      const start = index * TILE_WIDTH;
      const before = start < base ? await this.#files.bundle(index, base) : [];
      const end = Math.min(start + TILE_WIDTH, head.size);
      const added = recent.slice(Math.max(start, base) - base, end - base).map(({ bytes }) => bytes);
      files.push({
        name: { level: "entries", index, width: end - start },
        content: encodeBundle([...before, ...added]),
      });
    }
    return files;
  }
}

function isLong({ recent, journal }: State): boolean {
  return recent.length >= MAX_JOURNALED_ENTRIES || journal.bytes >= MAX_JOURNALED_BYTES;
}
