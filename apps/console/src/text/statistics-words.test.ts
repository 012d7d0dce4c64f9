import { expect, it } from "vitest";
import { inOrder, onlyMedium, percentOf } from "./statistics-words.ts";

it.each([
  [0.3125, "31.3 %"],
  [0, "0.0 %"],
  [1, "100.0 %"],
  [null, "–"],
])("writes the share %s as %s", (share, text) => {
  expect(percentOf(share)).toBe(text);
});

it("shows ages one after the other, and other groups as they come", () => {
  const groups = [{ key: "unknown" }, { key: "90 to 179" }, { key: "0 to 29" }];
  expect(inOrder("age", groups).map(({ key }) => key)).toEqual(["0 to 29", "90 to 179", "unknown"]);
  expect(inOrder("team", groups)).toBe(groups);
});

it("takes those with high findings from those with medium or high", () => {
  expect(onlyMedium({ high: 2, mediumOrHigh: 5 })).toBe(3);
});
