import { fixedClock } from "@pratique/testkit";
import { expect, it } from "vitest";
import { RateLimit } from "./rate-limit.ts";

const MINUTE_MS = 60_000;

it("lets so many calls through in each window, and says how long the others wait", () => {
  const clock = fixedClock();
  const limit = new RateLimit({ limit: 2, windowMs: MINUTE_MS, now: clock.now });
  expect(["a", "a", "a", "b"].map((caller) => limit.admit(caller))).toEqual([true, true, false, true]);
  clock.advance(20_000);
  expect([limit.waitMs("a"), limit.waitMs("b")]).toEqual([40_000, 0]);
  clock.advance(40_000);
  expect(limit.admit("a")).toBe(true);
});

it.each([
  ["by an hour", 60 * MINUTE_MS],
  ["by ten years", 3653 * 24 * 60 * MINUTE_MS],
])("keeps nobody waiting where the clock goes back %s", (_, ms) => {
  const clock = fixedClock();
  const limit = new RateLimit({ limit: 1, windowMs: MINUTE_MS, now: clock.now });
  limit.admit("a");
  clock.advance(-ms);
  expect([limit.waitMs("a"), limit.admit("a")]).toEqual([0, true]);
});

it("keeps nobody waiting for longer than a window where the clock goes back by seconds", () => {
  const clock = fixedClock();
  const limit = new RateLimit({ limit: 1, windowMs: MINUTE_MS, now: clock.now });
  limit.admit("a");
  clock.advance(-30_000);
  expect(limit.waitMs("a")).toBe(MINUTE_MS);
});
