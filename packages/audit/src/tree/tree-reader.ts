import { AuditError } from "../errors.ts";
import { decodeBundle } from "./entry-bundle.ts";
import {
  consistencyRanges,
  HASH_BYTES,
  inclusionRanges,
  type LeafRange,
  type PerfectNode,
  perfectNodes,
  rootOf,
} from "./merkle.ts";
import { TILE_WIDTH, tilePath, tileWidth } from "./tile-path.ts";
import type { TileSource } from "./tile-source.ts";
import { perfectRoot } from "./tree-edge.ts";

const TILE_HEIGHT = 8;

/**
 * Computes roots and proofs of one size of a log from its tiles. It keeps the tiles that it has read: make one for
 * each question, not for a lifetime. All methods throw what the source throws.
 */
export class TreeReader {
  readonly size: number;
  readonly #source: TileSource;
  readonly #tiles = new Map<string, Promise<Uint8Array>>();
  /** What proofs of entries that are near each other share is computed once. */
  readonly #nodes = new Map<string, Promise<Uint8Array>>();

  constructor(source: TileSource, size: number) {
    this.#source = source;
    this.size = size;
  }

  /** The root of the first `size` entries; of all where none is said. */
  async root(size = this.size): Promise<Uint8Array> {
    if (size > this.size) throw new RangeError(`a tree of ${this.size} has no root at ${size}`);
    return this.#rangeHash({ start: 0, end: size });
  }

  /** RFC 6962, 2.1.1: the leaf's sibling first. */
  async inclusionProof(index: number): Promise<readonly Uint8Array[]> {
    return this.#hashes(inclusionRanges(index, this.size));
  }

  /** RFC 6962, 2.1.2: from an older size to this one. */
  async consistencyProof(oldSize: number): Promise<readonly Uint8Array[]> {
    return this.#hashes(consistencyRanges(oldSize, this.size));
  }

  /** The bytes of one entry. */
  async entry(index: number): Promise<Buffer> {
    if (index >= this.size) throw new RangeError(`a tree of ${this.size} has no entry ${index}`);
    const bundle = Math.floor(index / TILE_WIDTH);
    const width = tileWidth(0, bundle, this.size);
    const entry = decodeBundle(await this.#source.bundle(bundle, width), width)[index % TILE_WIDTH];
    if (entry === undefined) throw new AuditError("TILE_MISSING", `entry ${index} is missing`);
    return entry;
  }

  async #hashes(ranges: readonly LeafRange[]): Promise<readonly Uint8Array[]> {
    const hashes: Uint8Array[] = [];
    for (const range of ranges) hashes.push(await this.#rangeHash(range));
    return hashes;
  }

  async #rangeHash(range: LeafRange): Promise<Uint8Array> {
    const frontier: Uint8Array[] = [];
    for (const node of perfectNodes(range)) frontier.push(await this.#nodeHash(node));
    return rootOf(frontier);
  }

  async #nodeHash(node: PerfectNode): Promise<Uint8Array> {
    const key = `${node.height}/${node.index}`;
    const known = this.#nodes.get(key) ?? this.#computeNode(node);
    this.#nodes.set(key, known);
    return known;
  }

  async #computeNode({ height, index }: PerfectNode): Promise<Uint8Array> {
    const level = Math.floor(height / TILE_HEIGHT);
    const count = 2 ** (height - level * TILE_HEIGHT);
    const first = index * count;
    const tile = await this.#tile(level, Math.floor(first / TILE_WIDTH));
    const start = (first % TILE_WIDTH) * HASH_BYTES;
    return perfectRoot(tile.subarray(start, start + count * HASH_BYTES));
  }

  async #tile(level: number, index: number): Promise<Uint8Array> {
    const name = { level, index, width: tileWidth(level, index, this.size) };
    const key = tilePath(name);
    const known = this.#tiles.get(key) ?? this.#source.tile(name);
    this.#tiles.set(key, known);
    return known;
  }
}
