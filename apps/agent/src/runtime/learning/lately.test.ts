import { expect, it } from "vitest";
import { Lately } from "./lately.ts";

it("takes what goes on for new again after a while", () => {
  const lately = new Lately({ periodMs: 10, most: 100 });
  const seen = Array.from({ length: 60 }, (_, at) => lately.isNew("a", at)).filter(Boolean);
  expect(seen.length).toBeGreaterThanOrEqual(3);
  expect(seen.length).toBeLessThanOrEqual(6);
});

it("forgets under a flood, and stays small", () => {
  const lately = new Lately({ periodMs: 1000, most: 4 });
  expect(lately.isNew("a", 0)).toBe(true);
  for (let number = 0; number < 8; number += 1) lately.isNew(String(number), 1);
  expect(lately.isNew("a", 2)).toBe(true);
});

it("keeps apart what differs", () => {
  const lately = new Lately({ periodMs: 1000, most: 4 });
  expect([lately.isNew("a", 0), lately.isNew("b", 0), lately.isNew("a", 1)]).toEqual([true, true, false]);
});
