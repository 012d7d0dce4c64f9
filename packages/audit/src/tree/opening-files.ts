import { readFile } from "node:fs/promises";
import path from "node:path";
import { hasCode } from "@pratique/core";
import type { Opening } from "./commitment.ts";
import { flushDirectory, makeDirectory, replaceFile } from "./durable-file.ts";
import { TILE_WIDTH, tilePath } from "./tile-path.ts";

/** The openings of one bundle of entries, by the index of the entry. */
type Openings = Map<number, readonly Opening[]>;

/**
 * Keeps openings in files beside a log, one a bundle of entries, so that each can be taken away again. The caller
 * sees to it that nobody else writes meanwhile.
 */
export class OpeningFiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async get(index: number): Promise<readonly Opening[]> {
    return (await this.#read(bundleOf(index))).get(index) ?? [];
  }

  /** Adds the openings of entries that follow each other from `first` on. Harmless when repeated. */
  async add(first: number, openings: readonly (readonly Opening[])[]): Promise<void> {
    const known = openings.flatMap((own, at) => (own.length === 0 ? [] : [{ index: first + at, own }]));
    for (const [bundle, entries] of Map.groupBy(known, ({ index }) => bundleOf(index))) {
      const kept = await this.#read(bundle);
      for (const { index, own } of entries) kept.set(index, own);
      await this.#write(bundle, kept);
    }
  }

  async erase(index: number): Promise<void> {
    const kept = await this.#read(bundleOf(index));
    if (kept.delete(index)) await this.#write(bundleOf(index), kept);
  }

  async #read(bundle: number): Promise<Openings> {
    try {
      // Written by this class alone; a value that does not fit its commitment is noticed by who uses it.
      const list: [number, readonly Opening[]][] = JSON.parse(await readFile(this.#file(bundle), "utf8"));
      return new Map(list);
    } catch (thrown) {
      if (hasCode(thrown, "ENOENT")) return new Map();
      throw thrown;
    }
  }

  async #write(bundle: number, openings: Openings): Promise<void> {
    const file = this.#file(bundle);
    await makeDirectory(path.dirname(file));
    await replaceFile(file, Buffer.from(JSON.stringify([...openings]), "utf8"));
    await flushDirectory(path.dirname(file));
  }

  #file(bundle: number): string {
    const name = tilePath({ level: 0, index: bundle, width: TILE_WIDTH }).slice("tile/0/".length);
    return path.join(this.#directory, name);
  }
}

function bundleOf(index: number): number {
  return Math.floor(index / TILE_WIDTH);
}
