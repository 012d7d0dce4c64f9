import { expect, it } from "vitest";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatRelative,
  formatTime,
  shortDigest,
  zoneAt,
} from "./format.ts";

it.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [187_400_000, "187 MB"],
  [1_250_000_000, "1.3 GB"],
  [2e15, "2000 TB"],
])("writes %i bytes as %s", (bytes, expected) => {
  expect(formatBytes(bytes)).toBe(expected);
});

const NOW = Date.parse("2026-11-24T12:00:00Z");

it.each([
  ["2026-11-24T11:59:30Z", "just now"],
  ["2026-11-24T11:59:00Z", "1 minute ago"],
  ["2026-11-24T09:01:00Z", "2 hours ago"],
  ["2026-11-23T12:00:00Z", "yesterday"],
  ["2026-11-14T12:00:00Z", "10 days ago"],
  ["2026-11-24T14:00:00Z", "in 2 hours"],
])("writes %s as %s", (time, expected) => {
  expect(formatRelative(Date.parse(time), NOW)).toBe(expected);
});

it.each([
  ["UTC", "2026-11-24 23:30:05 UTC"],
  ["Europe/Berlin", "2026-11-25 00:30:05 UTC+1"],
  ["Asia/Kolkata", "2026-11-25 05:00:05 UTC+5:30"],
  ["America/New_York", "2026-11-24 18:30:05 UTC-5"],
])("writes a moment by the clock of %s as %s", (zone, expected) => {
  expect(formatTime("2026-11-24T23:30:05.678Z", zone)).toBe(expected);
  expect(zoneAt("2026-11-24T23:30:05.678Z", zone)).toBe(expected.slice(20));
});

it("counts in words", () => {
  expect([0, 1, 2].map((count) => formatCount(count, "image"))).toEqual(["0 images", "1 image", "2 images"]);
  expect(formatCount(1234, "entry", "entries")).toBe("1,234 entries");
});

it("shortens a digest as engines do", () => {
  expect(shortDigest(`sha256:${"ab".repeat(32)}`)).toBe("abababababab");
});

it.each([
  [0.42, "0.4 ms"],
  [41, "41 ms"],
  [1250, "1.3 s"],
])("writes %f milliseconds as %s", (ms, expected) => {
  expect(formatDuration(ms)).toBe(expected);
});
