import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { layoutOf } from "../../apps/agent/src/layout.ts";

const rows = readFileSync("docs/reference/files.md", "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) => line.split(" | "));
const named = rows.flatMap(([names = ""]) => [...names.matchAll(/`([^`]+)`/gu)].map(([, name = ""]) => name));

it("says of each file who writes it, what bounds it, and what its loss means", () => {
  expect(rows.length).toBeGreaterThan(30);
  expect(rows.filter((cells) => cells.length !== 5 || cells.some((cell) => cell.trim() === ""))).toEqual([]);
});

it("names every place of the layout that is on a disk", () => {
  const { run: _, data, ...places } = layoutOf({ data: "/data", run: "/run" });
  const kept = Object.values(places).filter((place) => place.startsWith(`${data}/`));
  expect(kept.length).toBeGreaterThan(20);
  const names = kept.map((place) => path.relative(data, place));
  const isNamed = (name: string) =>
    named.some((pattern) => pattern === name || pattern.startsWith(`${name}/`));
  expect(names.filter((name) => !isNamed(name))).toEqual([]);
});
