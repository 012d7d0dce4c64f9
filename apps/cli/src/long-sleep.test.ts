import { expect, it } from "vitest";
import { longSleep } from "./long-sleep.ts";

const DAY_MS = 86_400_000;
const LONGEST_MS = 2 ** 31 - 1;

it.each([
  ["a second", 1000, 1],
  ["as long as a timer can", LONGEST_MS, 1],
  ["a month", 30 * DAY_MS, 2],
  ["a year", 365 * DAY_MS, 15],
])("waits for %s by timers that can", async (_, ms, timers) => {
  const waits: number[] = [];
  await longSleep(async (each) => void waits.push(each))(ms);
  expect(waits).toHaveLength(timers);
  expect(Math.max(...waits)).toBeLessThanOrEqual(LONGEST_MS);
  expect(waits.reduce((sum, each) => sum + each, 0)).toBe(ms);
});

it("ends with its signal", async () => {
  const ending = new AbortController();
  const waiting = longSleep(async (_, signal) => {
    ending.abort();
    signal?.throwIfAborted();
  })(60 * DAY_MS, ending.signal);
  await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
});
