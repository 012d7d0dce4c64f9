import { expect, it } from "vitest";
import { readSpan } from "./read-span.ts";

it.each([
  ["90s", 90_000],
  ["10m", 600_000],
  ["24h", 86_400_000],
  ["7d", 604_800_000],
  ["0s", 0],
])("reads %s", (text, ms) => {
  expect(readSpan("--learn-for", text)).toBe(ms);
});

it.each(["", "10", "1w", "-1h", "1.5h", "1h ", "9999999d"])("refuses %j", (text) => {
  expect(() => readSpan("--learn-for", text)).toThrow("--learn-for: expected a time");
});
