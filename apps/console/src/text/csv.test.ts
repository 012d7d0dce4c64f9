import { expect, it } from "vitest";
import { csvOf, csvRows } from "./csv.ts";

it("quotes every cell, and lets none become a formula", () => {
  expect(
    csvOf([
      ["name", "count"],
      ['say "hi"', -3],
      ["=cmd()", 0],
    ]),
  ).toBe('"name","count"\r\n"say ""hi""","-3"\r\n"\'=cmd()","0"\r\n');
});

it("takes from each item what each column tells of it", () => {
  const items = [
    { name: "a", count: 1 },
    { name: "b", count: 2 },
  ];
  const rows = csvRows(items, { name: ({ name }) => name, doubled: ({ count }) => 2 * count });
  expect(rows).toEqual([
    ["name", "doubled"],
    ["a", 2],
    ["b", 4],
  ]);
});
