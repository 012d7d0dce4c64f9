import { fixedClock } from "@pratique/testkit";
import { expect, it } from "vitest";
import { RateLimit } from "./rate-limit.ts";

const MINUTE_MS = 60_000;

it("lets so many calls through in each window, and says how long the others wait", () => {
  const clock = fixedClock();
  const limit = new RateLimit({ limit: 2, windowMs: MINUTE_MS, elapsedMs: clock.now });
  expect(["a", "a", "a", "b"].map((caller) => limit.admit(caller))).toEqual([true, true, false, true]);
  clock.advance(20_000);
  expect([limit.waitMs("a"), limit.waitMs("b")]).toEqual([40_000, 0]);
  clock.advance(40_000);
  expect(limit.admit("a")).toBe(true);
});
