import { parseDigest } from "@pratique/core";
import { expect, it } from "vitest";
import { hoursIn, hoursText, profileName, spanWords } from "./profile-words.ts";

it.each([
  [86_400_000, "1 day"],
  [7 * 86_400_000, "7 days"],
  [36 * 3_600_000, "36 hours"],
  [5_400_000, "90 minutes"],
  [0, "0 hours"],
])("says %i ms as %s", (ms, words) => {
  expect(spanWords(ms)).toBe(words);
});

it.each([
  ["24", 86_400_000],
  [" 1.5 ", 5_400_000],
  ["0", undefined],
  ["", undefined],
  ["-1", undefined],
  ["1e9", undefined],
  ["99999", undefined],
])("reads %j hours as %s ms", (text, ms) => {
  expect(hoursIn(text)).toBe(ms);
});

it("writes hours as they are read", () => {
  expect(hoursIn(hoursText(5_400_000))).toBe(5_400_000);
});

it("calls an image by its latest name, and else by its id", () => {
  const image = parseDigest(`sha256:${"ab".repeat(32)}`);
  expect(profileName({ image, names: ["shop:1", "shop:2"] })).toBe("shop:2");
  expect(profileName({ image, names: [] })).toBe("abababababab");
});
