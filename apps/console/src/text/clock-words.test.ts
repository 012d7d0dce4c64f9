import { expect, it } from "vitest";
import { clockWords } from "./clock-words.ts";

const heardAt = "2026-12-01T12:00:00.000Z";

it.each([
  ["2026-12-01T12:00:00.000Z", undefined],
  ["2026-12-01T11:59:00.001Z", undefined],
  ["2026-12-01T11:59:00.000Z", "1 minute behind"],
  ["2026-12-01T13:59:00.000Z", "1 hour ahead of"],
  ["2036-12-01T12:00:00.000Z", "3,653 days ahead of"],
  ["1970-01-01T00:00:00.000Z", "20,788 days behind"],
])("says of a host that reported at %s: %s", (reportedAt, words) => {
  expect(clockWords(reportedAt, heardAt)).toBe(words);
});
