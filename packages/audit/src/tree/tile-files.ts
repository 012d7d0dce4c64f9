import { rm } from "node:fs/promises";
import path from "node:path";
import { flushDirectory, makeDirectory, replaceFile } from "./durable-file.ts";
import { decodeBundle, encodeBundle } from "./entry-bundle.ts";
import { HASH_BYTES } from "./merkle.ts";
import { changedTiles, partialTiles, TILE_WIDTH, type TileName, tilePath, tileWidth } from "./tile-path.ts";
import { directoryTileSource, type TileSource } from "./tile-source.ts";

/** How many files are written at once. */
const WRITERS = 8;

export interface TileFile {
  readonly name: TileName;
  readonly content: Uint8Array;
}

/** The tiles and bundles of a log as files (c2sp.org/tlog-tiles). The caller sees to it that nobody else writes. */
export class TileFiles {
  readonly source: TileSource;
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
    this.source = directoryTileSource(directory);
  }

  /** The entries of a bundle in a log of a size. */
  async bundle(index: number, size: number): Promise<readonly Uint8Array[]> {
    const width = tileWidth(0, index, size);
    return decodeBundle(await this.source.bundle(index, width), width);
  }

  /** Writes files that survive the machine. Harmless when repeated. */
  async write(files: readonly TileFile[]): Promise<void> {
    const directories = new Set(files.map(({ name }) => path.dirname(this.#pathOf(name))));
    for (const directory of directories) await makeDirectory(directory);
    for (let at = 0; at < files.length; at += WRITERS) {
      const writes = files.slice(at, at + WRITERS);
      await Promise.all(writes.map(({ name, content }) => replaceFile(this.#pathOf(name), content)));
    }
    for (const directory of directories) await flushDirectory(directory);
  }

  /**
   * Writes the partial tiles of a size that is smaller than that of the files: they must be there where there is a
   * checkpoint of it (tlog-tiles, "Partial Tiles").
   */
  async writePartials(size: number, filesSize: number): Promise<void> {
    const files: TileFile[] = [];
    for (const name of partialTiles(size)) {
      if (!(await this.#isThere(name))) {
        const width = tileWidth(Number(name.level), name.index, filesSize);
        const tile = await this.source.tile({ ...name, width });
        files.push({ name, content: tile.subarray(0, name.width * HASH_BYTES) });
      }
      const bundle: TileName = { ...name, level: "entries" };
      if (name.level !== 0 || (await this.#isThere(bundle))) continue;
      const entries = await this.bundle(name.index, filesSize);
      files.push({ name: bundle, content: encodeBundle(entries.slice(0, name.width)) });
    }
    await this.write(files);
  }

  /** Takes partial tiles away of which the full one is there now (tlog-tiles, "Partial Tiles"). */
  async removePartials(oldSize: number, newSize: number): Promise<void> {
    for (const { level, index, width } of changedTiles(oldSize, newSize)) {
      if (width < TILE_WIDTH || tileWidth(Number(level), index, oldSize) === 0) continue;
      const levels = level === 0 ? [level, "entries" as const] : [level];
      for (const at of levels) {
        const full = this.#pathOf({ level: at, index, width });
        await rm(`${full}.p`, { recursive: true, force: true });
      }
    }
  }

  async #isThere(name: TileName): Promise<boolean> {
    const { source } = this;
    const read = name.level === "entries" ? source.bundle(name.index, name.width) : source.tile(name);
    return read.then(
      () => true,
      () => false,
    );
  }

  #pathOf(name: TileName): string {
    return path.join(this.#directory, tilePath(name));
  }
}
