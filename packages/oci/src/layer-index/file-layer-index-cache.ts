import { createHash, randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { open, readFile, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { GiB, hasCode } from "@pratique/core";
import type { Inspector, LayerIndex } from "./layer-index.ts";
import type { LayerIndexCache, LayerIndexKey } from "./layer-index-cache.ts";
import { MAX_LAYER_INDEX_BYTES } from "./layer-index-files.ts";
import { decodeLayerIndex, encodeLayerIndex } from "./layer-index-format.ts";
import { LAYER_INDEX_FORM } from "./layer-index-head.ts";
import { PATH_HASHER_KEY_BYTES, PathHasher } from "./path-hashes.ts";

const KEY_FILE = "key";

export interface FileLayerIndexCacheOptions {
  /** What is looked for, and how: with another revision, nothing that is kept counts. */
  readonly revision: string;
  /** Files beyond are removed, those first that were not asked for the longest; 4 GiB where absent. */
  readonly maxBytes?: number;
  /** What of it may be in memory besides; nothing where absent. */
  readonly memoryBytes?: number;
  /**
   * The secret with which paths are hashed, where others have the same one: {@link PATH_HASHER_KEY_BYTES} random bytes.
   * One of the directory's own where absent.
   */
  readonly secret?: Uint8Array;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * A cache of one file a layer. Files are replaced by rename and carry a check sum, so that any number of processes
 * may share it, and be killed at any moment. The secret with which paths are hashed lies beside them: it is as good
 * as its directory is closed to others.
 */
export class FileLayerIndexCache implements LayerIndexCache {
  readonly hasher: PathHasher;
  readonly #directory: string;
  readonly #prefix: string;
  readonly #now: () => number;
  readonly #memoryBytes: number;
  readonly #held = new Map<string, Promise<void>>();
  /** Those asked for last are last. */
  readonly #memory = new Map<string, { readonly index: LayerIndex; readonly bytes: number }>();
  #inMemory = 0;

  /** Undefined where the directory cannot be made or written: layers are then read each time. */
  static open(directory: string, options: FileLayerIndexCacheOptions): FileLayerIndexCache | undefined {
    try {
      return new FileLayerIndexCache(directory, options);
    } catch {
      return undefined;
    }
  }

  private constructor(directory: string, options: FileLayerIndexCacheOptions) {
    this.#directory = directory;
    this.#now = options.now;
    this.#memoryBytes = options.memoryBytes ?? 0;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const secret = options.secret ?? secretIn(directory);
    this.hasher = new PathHasher(() => secret);
    // An index made with another secret is of no use, and must not be found.
    this.#prefix = `${LAYER_INDEX_FORM}\n${options.revision}\n${createHash("sha256").update(secret).digest("hex")}`;
    trim(directory, options.maxBytes ?? 4 * GiB);
  }

  async get(key: LayerIndexKey, inspectors: readonly Inspector[]): Promise<LayerIndex | undefined> {
    const remembered = this.#memory.get(key.text);
    if (remembered !== undefined) {
      this.#memory.delete(key.text);
      this.#memory.set(key.text, remembered);
      return remembered.index;
    }
    const file = this.#fileOf(key);
    try {
      if ((await stat(file)).size > MAX_LAYER_INDEX_BYTES) return undefined;
      const bytes = await readFile(file);
      const index = decodeLayerIndex(bytes, { hasher: this.hasher, inspectors });
      if (index === undefined) return undefined;
      const seconds = this.#now() / 1000;
      utimesSync(file, seconds, seconds);
      this.#remember(key.text, index, bytes.length);
      return index;
    } catch {
      // Absent, unreadable or cut short: the layer is read again.
      return undefined;
    }
  }

  /** A cache that cannot be written, because the disk is full for one, costs time and nothing else. */
  async put(key: LayerIndexKey, index: LayerIndex, inspectors: readonly Inspector[]): Promise<void> {
    const pieces = encodeLayerIndex(index, inspectors);
    if (pieces === undefined) return;
    const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (bytes > MAX_LAYER_INDEX_BYTES) return;
    this.#remember(key.text, index, bytes);
    const file = this.#fileOf(key);
    const temporary = `${file}.${process.pid}`;
    try {
      await using handle = await open(temporary, "w", 0o600);
      await handle.writev(pieces);
      await rename(temporary, file);
    } catch {
      // It is read again another time.
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  }

  /** Whether there is something under a key; reading it may show that it is of no use. */
  has(key: LayerIndexKey): boolean {
    return this.#memory.has(key.text) || existsSync(this.#fileOf(key));
  }

  /** The name of the file of a key: the same one wherever the secret and the revision are the same. */
  nameOf({ text }: LayerIndexKey): string {
    return createHash("sha256").update(`${this.#prefix}\n${text}`).digest("hex");
  }

  async hold({ text: key }: LayerIndexKey, signal: AbortSignal): Promise<Disposable> {
    for (let other = this.#held.get(key); other !== undefined; other = this.#held.get(key)) {
      await Promise.race([other, aborted(signal)]);
      signal.throwIfAborted();
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held.set(key, promise);
    return {
      [Symbol.dispose]: () => {
        this.#held.delete(key);
        resolve();
      },
    };
  }

  #remember(key: string, index: LayerIndex, bytes: number): void {
    if (bytes > this.#memoryBytes || this.#memory.has(key)) return;
    this.#memory.set(key, { index, bytes });
    this.#inMemory += bytes;
    for (const [oldest, entry] of this.#memory) {
      if (this.#inMemory <= this.#memoryBytes) return;
      this.#memory.delete(oldest);
      this.#inMemory -= entry.bytes;
    }
  }

  #fileOf(key: LayerIndexKey): string {
    return path.join(this.#directory, this.nameOf(key));
  }
}

/** The secret of the directory; made by whoever comes first, and anew where it is not whole. */
function secretIn(directory: string): Buffer {
  const file = path.join(directory, KEY_FILE);
  const known = readSecret(file);
  if (known !== undefined) return known;
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, randomBytes(PATH_HASHER_KEY_BYTES), { mode: 0o600 });
  renameSync(temporary, file);
  // Another process may have been at it at the same time; the last one's counts for all that come later.
  return readSecret(file) ?? randomBytes(PATH_HASHER_KEY_BYTES);
}

function readSecret(file: string): Buffer | undefined {
  try {
    const secret = readFileSync(file);
    return secret.length === PATH_HASHER_KEY_BYTES ? secret : undefined;
  } catch (thrown) {
    // One that cannot be read now must not be replaced: all that was kept would be of no use to anybody.
    if (hasCode(thrown, "ENOENT")) return undefined;
    throw thrown;
  }
}

/** Removes what was not asked for the longest, until the rest fits. */
function trim(directory: string, maxBytes: number): void {
  const files = readdirSync(directory).flatMap((name) => {
    const file = path.join(directory, name);
    const stats = name === KEY_FILE ? undefined : statSync(file, { throwIfNoEntry: false });
    return stats?.isFile() === true ? [{ file, size: stats.size, usedMs: stats.mtimeMs }] : [];
  });
  let total = files.reduce((sum, { size }) => sum + size, 0);
  for (const { file, size } of files.sort((left, right) => left.usedMs - right.usedMs)) {
    if (total <= maxBytes) return;
    rmSync(file, { force: true });
    total -= size;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
