import { expect, it } from "vitest";
import { Backoff } from "./backoff.ts";

const backoffOf = (random: number) => new Backoff({ firstMs: 1000, maxMs: 60_000, random: () => random });

it("waits twice as long each time, up to an end", () => {
  const backoff = backoffOf(1);
  const waits = Array.from({ length: 8 }, () => backoff.failed());
  expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
});

it("waits for half as long at the least, so that not all come back at once", () => {
  expect(backoffOf(0).failed()).toBe(500);
});

it("begins anew after a success", () => {
  const backoff = backoffOf(1);
  backoff.failed();
  backoff.succeeded();
  expect([backoff.failures, backoff.failed()]).toEqual([0, 1000]);
});

it.each([
  ["what ends again and again at once", 10, [1000, 2000, 4000]],
  ["what ran for an hour each time", 3_600_000, [1000, 1000, 1000]],
])("counts the time that it ran: %s", (_, ranMs, expected) => {
  const backoff = backoffOf(1);
  expect([1, 2, 3].map(() => backoff.endedAfter(ranMs))).toEqual(expected);
});
