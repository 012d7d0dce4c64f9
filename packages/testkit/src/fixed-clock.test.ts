import { expect, it } from "vitest";
import { fixedClock } from "./fixed-clock.ts";

it("moves only when told to", () => {
  const clock = fixedClock("2026-01-01T00:00:00Z");
  expect(new Date(clock.now()).toISOString()).toBe("2026-01-01T00:00:00.000Z");
  clock.advance(1000);
  expect(new Date(clock.now()).toISOString()).toBe("2026-01-01T00:00:01.000Z");
});
