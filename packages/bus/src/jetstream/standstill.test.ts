import { beforeEach, expect, it } from "vitest";
import { Standstill } from "./standstill.ts";

const PATIENCE_MS = 90_000;

let now: number;
let log: Standstill;

beforeEach(() => {
  now = 1_000_000;
  log = new Standstill({ patienceMs: PATIENCE_MS, elapsedMs: () => now });
});

it("has a log asked for soon, then seldom, and given up when its time is over", () => {
  const times: number[] = [];
  for (let waitMs = log.hear(4); waitMs !== undefined; waitMs = log.hear(4)) {
    now += waitMs;
    times.push(now - 1_000_000);
  }
  expect(times.slice(0, 10)).toEqual([10, 20, 40, 80, 160, 320, 640, 1280, 2560, 4560]);
  expect(times.at(-1)).toBeGreaterThanOrEqual(PATIENCE_MS);
  expect(times.at(-1)).toBeLessThan(PATIENCE_MS + 2000);
  expect(times.length).toBeLessThan(60);
});

it("counts time, however often it hears of the same", () => {
  for (let count = 0; count < 1000; count += 1) expect(log.hear(4)).toBe(10);
  now += PATIENCE_MS - 1;
  expect(log.hear(4)).toBe(2000);
  now += 1;
  expect(log.hear(4)).toBeUndefined();
  expect(log.hear(4)).toBeUndefined();
});

it.each([
  ["has more of it, whoever took that in", 5],
  ["has less of it: it was brought back from a backup", 2],
])("begins anew where the store %s", (_, acknowledged) => {
  log.hear(4);
  now += PATIENCE_MS;
  expect(log.hear(acknowledged)).toBe(10);
  now += 300;
  expect(log.hear(acknowledged)).toBe(300);
});

it("begins anew where nobody could tell how far the log was", () => {
  log.hear(4);
  now += PATIENCE_MS;
  log.forget();
  expect(log.hear(4)).toBe(10);
});
