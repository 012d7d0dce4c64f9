import { assert, constantFrom, integer, property, record } from "fast-check";
import { expect, it } from "vitest";
import { parseTilePath, partialTiles, tilePath, tileWidth } from "./tile-path.ts";

it.each([
  [{ level: 0, index: 0, width: 256 }, "tile/0/000"],
  [{ level: 0, index: 1_234_067, width: 256 }, "tile/0/x001/x234/067"],
  [{ level: 2, index: 1000, width: 3 }, "tile/2/x001/000.p/3"],
  [{ level: "entries", index: 999, width: 255 }, "tile/entries/999.p/255"],
] as const)("writes %o as %s", (name, path) => {
  expect(tilePath(name)).toBe(path);
});

it("reads back what it writes", () => {
  const level = constantFrom<number | "entries">(0, 1, 7, 63, "entries");
  const name = record({ level, index: integer({ min: 0, max: 1e12 }), width: integer({ min: 1, max: 256 }) });
  assert(
    property(name, (tile) => {
      expect(parseTilePath(tilePath(tile))).toEqual(tile);
    }),
  );
});

it.each([
  "tile/64/000",
  "tile/00/000",
  "tile/0/0",
  "tile/0/x000/000",
  "tile/0/001/000",
  "tile/0/000.p/0",
  "tile/0/000.p/256",
  "tile/0/000.p/01",
  "tile/0/../000",
  "tile/data/000",
  "checkpoint",
])("refuses the path %s", (path) => {
  expect(parseTilePath(path)).toBeUndefined();
});

it("has the tiles that the specification counts for 70,000 entries", () => {
  const width = (level: number, index: number) => tileWidth(level, index, 70_000);
  expect([width(0, 272), width(0, 273), width(0, 274)]).toEqual([256, 112, 0]);
  expect([width(1, 0), width(1, 1), width(1, 2)]).toEqual([256, 17, 0]);
  expect([width(2, 0), width(2, 1), width(3, 0)]).toEqual([1, 0, 0]);
  expect(partialTiles(70_000)).toEqual([
    { level: 0, index: 273, width: 112 },
    { level: 1, index: 1, width: 17 },
    { level: 2, index: 0, width: 1 },
  ]);
  expect(partialTiles(256)).toEqual([{ level: 1, index: 0, width: 1 }]);
});
