import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { readers } from "../../packages/advisory/src/index.ts";
import { catalogers } from "../../packages/inventory/src/index.ts";
import { knownGaps } from "../../scripts/what-is-read/known-gaps.ts";

const page = readFileSync("docs/reference/coverage.md", "utf8");
const members = [...readers, ...catalogers].map(({ name }) => name);

it.each(members)("%s has a row that says what it was seen to read, and what it does not tell", (name) => {
  expect(page).toMatch(
    new RegExp(`^\\| \`${name}\` \\| \\d+ \\| .* \\| ${escaped(knownGaps[name] ?? "?")} \\|$`, "mu"),
  );
});

it("says nothing of what there is not", () => {
  const rows = [...page.matchAll(/^\| `(?<name>[^`]+)` \|/gmu)].map(({ groups }) => groups?.name);
  expect([...rows].sort()).toEqual([...members].sort());
  expect(Object.keys(knownGaps).sort()).toEqual([...members].sort());
});

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^$()[\]{}|\\/]/gu, "\\$&");
}
