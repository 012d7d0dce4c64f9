import { expect, it } from "vitest";
import { QueryCosts } from "./query-costs.ts";

it("takes a question for light once it was so three times, and for heavy once it was so twice in a row", () => {
  const costs = new QueryCosts();
  const took = (ms: number) => {
    costs.note("select 1", ms);
    return costs.isLight("select 1");
  };
  expect(costs.isLight("select 1")).toBe(false);
  expect([0.1, 0.1, 0.1].map(took)).toEqual([false, false, true]);
  // Neither light nor heavy: it was slower than usual, and is not sent away for that.
  expect(took(1)).toBe(true);
  // It waited for a processor, or it was as much as that: the next tells.
  expect([20, 0.1, 20].map(took)).toEqual([true, true, true]);
  expect(took(20)).toBe(false);
  expect(Array.from({ length: 200 }, () => took(0.1)).lastIndexOf(false)).toBe(198);
});

it("takes a question for heavy as soon as it took very long, and as long as it does so again and again", () => {
  const costs = new QueryCosts();
  const took = (ms: number) => {
    costs.note("select 1", ms);
    return costs.isLight("select 1");
  };
  for (let times = 0; times < 3; times += 1) took(0.1);
  expect(took(80)).toBe(false);
  for (let times = 0; times < 150; times += 1) took(0.1);
  // Twice in a row it is heavy anew; once it only has to show that it is light.
  expect([5, 5].map(took)).toEqual([false, false]);
  expect(Array.from({ length: 200 }, () => took(0.1)).lastIndexOf(false)).toBe(198);
});

it("forgets questions that are no longer asked", () => {
  const costs = new QueryCosts();
  for (let times = 0; times < 3; times += 1) costs.note("old", 0.1);
  expect(costs.isLight("old")).toBe(true);
  for (let index = 0; index < 1000; index += 1) costs.note(`new ${index}`, 0.1);
  expect(costs.isLight("old")).toBe(false);
});
