import { expect, it } from "vitest";
import { formatAge } from "./format-age.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

it.each([
  ["less than a minute", 59_999, "0 minutes"],
  ["a clock that went back", -5 * HOUR, "0 minutes"],
  ["one minute", MINUTE, "1 minute"],
  ["an hour and a half, in minutes", 90 * MINUTE, "90 minutes"],
  ["two hours", 2 * HOUR, "2 hours"],
  ["a day and a half, in hours", 36 * HOUR, "36 hours"],
  ["two days", 2 * DAY, "2 days"],
  ["a year", 365 * DAY + HOUR, "365 days"],
])("says %s", (_, ms, expected) => {
  expect(formatAge(ms)).toBe(expected);
});
