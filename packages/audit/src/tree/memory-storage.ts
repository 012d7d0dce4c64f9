import { parseCheckpoint } from "./checkpoint.ts";
import type { Opening } from "./commitment.ts";
import type { TreeGrowth, TreeHead, TreeStorage } from "./tree-storage.ts";

/** Keeps a log in memory, for tests and for trying things out. Nothing survives the process. */
export class MemoryTreeStorage implements TreeStorage {
  #head: TreeHead = { size: 0, time: "", frontier: [] };
  #checkpoint: string | undefined;
  readonly #entries: Uint8Array[] = [];
  readonly #tiles = new Map<string, Uint8Array>();
  readonly #openings = new Map<number, readonly Opening[]>();

  async head(): Promise<TreeHead> {
    return this.#head;
  }

  async extend(expectedSize: number, growth: TreeGrowth): Promise<"stored" | "conflict"> {
    if (expectedSize !== this.#head.size) return "conflict";
    for (const { index, bytes, openings } of growth.entries) {
      this.#entries.push(bytes);
      if (openings.length > 0) this.#openings.set(index, openings);
    }
    for (const { level, index, hashes } of growth.tiles) this.#tiles.set(`${level}/${index}`, hashes);
    this.#head = growth.head;
    return "stored";
  }

  async entries(from: number, to: number): Promise<readonly Uint8Array[]> {
    return this.#entries.slice(from, to);
  }

  async tile(level: number, index: number): Promise<Uint8Array | undefined> {
    return this.#tiles.get(`${level}/${index}`);
  }

  async putCheckpoint(checkpoint: string): Promise<void> {
    const kept = this.#checkpoint;
    if (kept !== undefined && parseCheckpoint(kept).size > parseCheckpoint(checkpoint).size) return;
    this.#checkpoint = checkpoint;
  }

  async checkpoint(): Promise<string | undefined> {
    return this.#checkpoint;
  }

  async openings(index: number): Promise<readonly Opening[]> {
    return this.#openings.get(index) ?? [];
  }

  async eraseOpenings(index: number): Promise<void> {
    this.#openings.delete(index);
  }
}
