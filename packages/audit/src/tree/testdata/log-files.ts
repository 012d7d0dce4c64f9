import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseCheckpoint } from "../checkpoint.ts";
import { decodeBundle } from "../entry-bundle.ts";
import { MemoryTreeStorage } from "../memory-storage.ts";
import { leafHash } from "../merkle.ts";
import { TILE_WIDTH, tilePath, tileWidth } from "../tile-path.ts";
import { directoryTileSource, storageTileSource } from "../tile-source.ts";
import { TreeEdge } from "../tree-edge.ts";
import { columnsOf, parseEntry } from "../tree-entry.ts";
import type { TreeStorage } from "../tree-storage.ts";
import { event } from "./sample.ts";

/** Writes a log up to its checkpoint as c2sp.org/tlog-tiles lays it out. */
export async function writeLogFiles(storage: TreeStorage, directory: string): Promise<void> {
  const checkpoint = (await storage.checkpoint()) ?? "";
  const { size } = parseCheckpoint(checkpoint);
  const source = storageTileSource(storage);
  const write = (name: string, content: string | Uint8Array) => {
    const file = path.join(directory, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  };
  for (let level = 0; TILE_WIDTH ** level <= size; level += 1) {
    for (let index = 0; tileWidth(level, index, size) > 0; index += 1) {
      const width = tileWidth(level, index, size);
      write(tilePath({ level, index, width }), await source.tile({ level, index, width }));
      if (level > 0) continue;
      write(tilePath({ level: "entries", index, width }), await source.bundle(index, width));
    }
  }
  write("checkpoint", checkpoint);
}

/** A log that goes on in memory from what lies in a directory; a new one where nothing does. */
export async function openLogFiles(directory: string): Promise<MemoryTreeStorage> {
  const storage = new MemoryTreeStorage();
  const source = directoryTileSource(directory);
  const checkpoint = await source.checkpoint();
  if (checkpoint === undefined) return storage;
  const { size } = parseCheckpoint(checkpoint);
  const edge = new TreeEdge();
  const entries = [];
  for (let index = 0; tileWidth(0, index, size) > 0; index += 1) {
    const width = tileWidth(0, index, size);
    for (const bytes of decodeBundle(await source.bundle(index, width), width)) {
      const { time } = parseEntry(bytes);
      const hash = leafHash(bytes);
      edge.push(hash);
      const columns = columnsOf(event("read back"), time);
      entries.push({ index: entries.length, bytes, leafHash: hash, columns, openings: [] });
    }
  }
  const head = { size, time: entries.at(-1)?.columns.time ?? "", frontier: edge.frontier() };
  await storage.extend(0, { entries, tiles: edge.takeChanged(), head });
  await storage.putCheckpoint(checkpoint);
  return storage;
}
