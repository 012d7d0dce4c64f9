import { expect, it } from "vitest";
import { QueryCosts } from "./query-costs.ts";

it("takes a question for light once it was so three times, and for heavy as soon as it was so once", () => {
  const costs = new QueryCosts();
  const took = (ms: number) => {
    costs.note("select 1", ms);
    return costs.isLight("select 1");
  };
  expect(costs.isLight("select 1")).toBe(false);
  expect([0.1, 0.1, 0.1].map(took)).toEqual([false, false, true]);
  // Neither light nor heavy: it was slower than usual, and is not sent away for that.
  expect(took(1)).toBe(true);
  expect(took(20)).toBe(false);
  expect(Array.from({ length: 200 }, () => took(0.1)).lastIndexOf(false)).toBe(198);
});

it("forgets questions that are no longer asked", () => {
  const costs = new QueryCosts();
  for (let times = 0; times < 3; times += 1) costs.note("old", 0.1);
  expect(costs.isLight("old")).toBe(true);
  for (let index = 0; index < 1000; index += 1) costs.note(`new ${index}`, 0.1);
  expect(costs.isLight("old")).toBe(false);
});
