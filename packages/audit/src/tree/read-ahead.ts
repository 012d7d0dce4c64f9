import { TILE_WIDTH, tileWidth } from "./tile-path.ts";
import type { TileSource } from "./tile-source.ts";

/** How many bundles are fetched while one is being hashed. */
const AHEAD = 8;

/** A bundle with the tile of its hashes. Each is awaited by whoever takes it. */
export interface BundleParts {
  readonly entries: Promise<Uint8Array>;
  readonly hashes: Promise<Uint8Array>;
}

/** Fetches the bundles of a log in order, some before they are needed. */
export class ReadAhead {
  readonly #source: TileSource;
  readonly #size: number;
  readonly #fetched: BundleParts[] = [];
  #next = 0;

  constructor(source: TileSource, size: number) {
    this.#source = source;
    this.#size = size;
  }

  /** The parts of a bundle; each is to be taken once, in order. */
  take(index: number): BundleParts {
    while (this.#fetched.length <= AHEAD && this.#next * TILE_WIDTH < this.#size) {
      this.#fetched.push(this.#fetch(this.#next));
      this.#next += 1;
    }
    return this.#fetched.shift() ?? this.#fetch(index);
  }

  #fetch(index: number): BundleParts {
    const width = tileWidth(0, index, this.#size);
    const entries = this.#source.bundle(index, width);
    const hashes = this.#source.tile({ level: 0, index, width });
    // What fails is told when it is taken, and is not an error of nobody before.
    for (const part of [entries, hashes]) part.catch(() => undefined);
    return { entries, hashes };
  }
}
