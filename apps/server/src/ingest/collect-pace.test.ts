import { expect, it } from "vitest";
import { CollectPace } from "./collect-pace.ts";

it.each([
  [1, undefined, 500],
  [250, undefined, 500],
  [500, 1000, 1000],
  [2000, 4000, 4000],
  [20_000, 10_000, 10_000],
])("of %i hosts, each is to collect for %j ms, and sends each %i ms", (hosts, expected, betweenMs) => {
  const pace = new CollectPace(() => 0);
  let collectMs: number | undefined;
  for (let index = 0; index < hosts; index += 1) collectMs = pace.hear(`host-${index}`);
  expect(collectMs).toBe(expected);
  expect(pace.betweenMs).toBe(betweenMs);
});

it("forgets hosts that send nothing any more", () => {
  let now = 0;
  const pace = new CollectPace(() => now);
  for (let index = 0; index < 1000; index += 1) pace.hear(`host-${index}`);
  expect(pace.hear("host-0")).toBe(2000);
  now = 61_000;
  expect(pace.hear("host-0")).toBe(2000);
  now = 122_000;
  expect(pace.hear("host-0")).toBeUndefined();
});
