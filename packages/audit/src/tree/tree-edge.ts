import { EMPTY_ROOT, HASH_BYTES, isSameHash, nodeHash, rootOf } from "./merkle.ts";
import { partialTiles, TILE_WIDTH, type TileName } from "./tile-path.ts";

const TILE_BYTES = TILE_WIDTH * HASH_BYTES;

/** A tile of hashes with its content. */
export interface HashTile {
  readonly level: number;
  readonly index: number;
  /** `hashes.length` / 32. */
  readonly width: number;
  readonly hashes: Uint8Array;
}

/** Gives the first `width` hashes of a tile. */
export type ReadTile = (name: TileName) => Promise<Uint8Array>;

interface EdgeLevel {
  readonly hashes: Buffer;
  width: number;
  /** The place of this tile in its level. */
  index: number;
  /** The roots of the complete subtrees that its hashes make up, the largest first: one for each bit of the width. */
  peaks: Uint8Array[];
}

/**
 * The right edge of a tree: the one tile a level that is not full yet. It is all that is needed to let the tree
 * grow, and to know its root.
 */
export class TreeEdge {
  #size = 0;
  readonly #levels: EdgeLevel[] = [];
  #full: HashTile[] = [];
  readonly #touched = new Set<EdgeLevel>();

  get size(): number {
    return this.#size;
  }

  /** Reads the edge of a tree of a size from its tiles. */
  static async load(size: number, read: ReadTile): Promise<TreeEdge> {
    const edge = new TreeEdge();
    edge.#size = size;
    for (let level = 0; TILE_WIDTH ** level <= size; level += 1) {
      edge.#level(level).index = Math.floor(Math.floor(size / TILE_WIDTH ** level) / TILE_WIDTH);
    }
    for (const name of partialTiles(size)) {
      const level = edge.#level(Number(name.level));
      level.hashes.set((await read(name)).subarray(0, name.width * HASH_BYTES));
      level.width = name.width;
      level.peaks = peaksOf(level);
    }
    return edge;
  }

  /** A copy that can grow while this one stays. */
  clone(): TreeEdge {
    const copy = new TreeEdge();
    copy.#size = this.#size;
    for (const { hashes, width, index, peaks } of this.#levels) {
      copy.#levels.push({ hashes: Buffer.from(hashes), width, index, peaks: [...peaks] });
    }
    return copy;
  }

  /** Adds a leaf by its hash, which is kept and must not change any more. */
  push(leaf: Uint8Array): void {
    this.#pushAt(0, leaf);
    this.#size += 1;
  }

  /** The tiles that changed since this was called last, in their present state. */
  takeChanged(): readonly HashTile[] {
    const tiles = this.#full;
    for (const level of this.#touched) {
      if (level.width > 0) tiles.push(tileOf(this.#levels.indexOf(level), level));
    }
    this.#full = [];
    this.#touched.clear();
    return tiles;
  }

  /** The tiles that are not full. */
  partial(): readonly HashTile[] {
    return this.#levels.map((level, at) => tileOf(at, level)).filter(({ width }) => width > 0);
  }

  /** The hashes of the complete subtrees that make up the tree, the largest first. */
  frontier(): readonly Uint8Array[] {
    return this.#levels.toReversed().flatMap(({ peaks }) => peaks);
  }

  root(): Uint8Array {
    return rootOf(this.frontier());
  }

  #pushAt(at: number, hash: Uint8Array): void {
    const level = this.#level(at);
    level.hashes.set(hash, level.width * HASH_BYTES);
    // Two subtrees of one size are one of twice the size.
    let peak = hash;
    for (let count = 1; (level.width & count) !== 0; count *= 2) {
      peak = nodeHash(level.peaks.pop() ?? EMPTY_ROOT, peak);
    }
    level.peaks.push(peak);
    level.width += 1;
    this.#touched.add(level);
    if (level.width < TILE_WIDTH) return;
    this.#full.push(tileOf(at, level));
    level.width = 0;
    level.index += 1;
    level.peaks = [];
    this.#pushAt(at + 1, peak);
  }

  #level(at: number): EdgeLevel {
    while (this.#levels.length <= at) {
      this.#levels.push({ hashes: Buffer.alloc(TILE_BYTES), width: 0, index: 0, peaks: [] });
    }
    // Made just above where it was missing.
    return this.#levels[at] ?? { hashes: Buffer.alloc(TILE_BYTES), width: 0, index: 0, peaks: [] };
  }
}

function peaksOf({ hashes, width }: Pick<EdgeLevel, "hashes" | "width">): Uint8Array[] {
  const peaks: Uint8Array[] = [];
  let start = 0;
  for (let count = TILE_WIDTH / 2; count >= 1; count /= 2) {
    if ((width & count) === 0) continue;
    peaks.push(perfectRoot(hashes.subarray(start * HASH_BYTES, (start + count) * HASH_BYTES)));
    start += count;
  }
  return peaks;
}

/** The root over a power of two of hashes that lie behind each other. */
export function perfectRoot(hashes: Uint8Array): Buffer {
  let row = hashes;
  while (row.length > HASH_BYTES) {
    const above = Buffer.allocUnsafe(row.length / 2);
    for (let at = 0; at < row.length; at += 2 * HASH_BYTES) {
      const middle = at + HASH_BYTES;
      above.set(nodeHash(row.subarray(at, middle), row.subarray(middle, middle + HASH_BYTES)), at / 2);
    }
    row = above;
  }
  return Buffer.from(row);
}

/** The place of the first hash in which two tiles differ; undefined where they are the same. */
export function firstDifference(left: Uint8Array, right: Uint8Array): number | undefined {
  if (isSameHash(left, right)) return undefined;
  const hashes = Math.ceil(Math.max(left.length, right.length) / HASH_BYTES);
  for (let at = 0; at < hashes; at += 1) {
    const [from, to] = [at * HASH_BYTES, (at + 1) * HASH_BYTES];
    if (!isSameHash(left.subarray(from, to), right.subarray(from, to))) return at;
  }
  return undefined;
}

function tileOf(level: number, { hashes, width, index }: EdgeLevel): HashTile {
  return { level, index, width, hashes: Uint8Array.from(hashes.subarray(0, width * HASH_BYTES)) };
}
