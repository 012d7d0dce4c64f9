import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(path.join(root, file), "utf8");

/** By the texts of their files: to load all of them takes seconds. */
function benchNames(): readonly string[] {
  const files = [...read("scripts/bench/benches.ts").matchAll(/ from "\.\/(?<file>[^"]+)"/gu)];
  return files.flatMap(({ groups }) =>
    [...read(`scripts/bench/${groups?.file}`).matchAll(/: Bench = \{\s+name: "(?<name>[^"]+)"/gu)].map(
      (found) => found.groups?.name ?? "",
    ),
  );
}

const names = benchNames();

it("finds the benches", () => {
  expect(names.length).toBeGreaterThan(20);
});

it.each(names)("what `%s` measures is told, with its command", (name) => {
  expect(read("docs/measurements.md")).toMatch(
    new RegExp(`node scripts/bench\\.ts ${name}\`|=\\S+ node scripts/bench\\.ts ${name}\``, "u"),
  );
});
