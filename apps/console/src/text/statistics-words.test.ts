import { expect, it } from "vitest";
import { onlyMedium, percentOf } from "./statistics-words.ts";

it.each([
  [0.3125, "31.3 %"],
  [0, "0.0 %"],
  [1, "100.0 %"],
  [null, "–"],
])("writes the share %s as %s", (share, text) => {
  expect(percentOf(share)).toBe(text);
});

it("takes those with high findings from those with medium or high", () => {
  expect(onlyMedium({ high: 2, mediumOrHigh: 5 })).toBe(3);
});
