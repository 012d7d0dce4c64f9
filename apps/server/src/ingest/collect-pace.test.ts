import { expect, it } from "vitest";
import { CollectPace } from "./collect-pace.ts";

it.each([
  [1, undefined, 500],
  [250, undefined, 500],
  [500, 1000, 1000],
  [2000, 4000, 4000],
  [20_000, 10_000, 10_000],
])("of %i hosts, each is to collect for %j ms, and sends each %i ms", (hosts, expected, betweenMs) => {
  const pace = new CollectPace({ elapsedMs: () => 0, busy: () => 0 });
  let collectMs: number | undefined;
  for (let index = 0; index < hosts; index += 1) collectMs = pace.hear(`host-${index}`);
  expect(collectMs).toBe(expected);
  expect(pace.betweenMs).toBe(betweenMs);
});

it("forgets hosts that send nothing any more", () => {
  let now = 0;
  const pace = new CollectPace({ elapsedMs: () => now, busy: () => 0 });
  for (let index = 0; index < 1000; index += 1) pace.hear(`host-${index}`);
  expect(pace.hear("host-0")).toBe(2000);
  now = 61_000;
  expect(pace.hear("host-0")).toBe(2000);
  now = 122_000;
  expect(pace.hear("host-0")).toBeUndefined();
});

it("lets hosts collect for longer while the server is busy, up to a bound, and for as long as before once it is not", () => {
  let [now, busy] = [0, 0.9];
  const pace = new CollectPace({ elapsedMs: () => now, busy: () => busy });
  const round = () => {
    now += 5_000;
    for (let index = 0; index < 1000; index += 1) pace.hear(`host-${index}`);
    return pace.betweenMs;
  };
  for (let index = 0; index < 1000; index += 1) pace.hear(`host-${index}`);
  expect(pace.betweenMs).toBe(2000);
  expect([round(), round()]).toEqual([2353, 2768]);
  // Neither too busy nor idle: it stays.
  busy = 0.5;
  expect([round(), round()]).toEqual([2768, 2768]);
  busy = 1;
  expect(Array.from({ length: 10 }, round).at(-1)).toBe(5000);
  busy = 0.2;
  expect(round()).toBe(4545);
  expect(Array.from({ length: 20 }, round).at(-1)).toBe(2000);
});

it("asks few hosts for nothing, however busy the server is", () => {
  let now = 0;
  const pace = new CollectPace({ elapsedMs: () => now, busy: () => 1 });
  for (let round = 0; round < 50; round += 1) {
    now += 5_000;
    for (let index = 0; index < 100; index += 1) expect(pace.hear(`host-${index}`)).toBeUndefined();
  }
});
