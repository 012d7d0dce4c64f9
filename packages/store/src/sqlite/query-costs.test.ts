import { expect, it } from "vitest";
import { QueryCosts } from "./query-costs.ts";

/** That of a question which waited for nothing. */
const took = (ms: number) => ({ ms, processorMs: ms });

it("takes a question for light once it was so three times, and for heavy once it was so twice in a row", () => {
  const costs = new QueryCosts();
  const isLightAfter = (ms: number) => {
    costs.note("select 1", took(ms));
    return costs.isLight("select 1");
  };
  expect(costs.isLight("select 1")).toBe(false);
  expect([0.1, 0.1, 0.1].map(isLightAfter)).toEqual([false, false, true]);
  // Neither light nor heavy: it was slower than usual, and is not sent away for that.
  expect(isLightAfter(1)).toBe(true);
  // It was slow once: the next tells.
  expect([20, 0.1, 20].map(isLightAfter)).toEqual([true, true, true]);
  expect(isLightAfter(20)).toBe(false);
  expect(Array.from({ length: 200 }, () => isLightAfter(0.1)).lastIndexOf(false)).toBe(198);
});

it("takes a question for heavy as soon as it took very long, and as long as it does so again and again", () => {
  const costs = new QueryCosts();
  const isLightAfter = (ms: number) => {
    costs.note("select 1", took(ms));
    return costs.isLight("select 1");
  };
  for (let times = 0; times < 3; times += 1) isLightAfter(0.1);
  expect(isLightAfter(80)).toBe(false);
  for (let times = 0; times < 150; times += 1) isLightAfter(0.1);
  // Twice in a row it is heavy anew; once it only has to show that it is light.
  expect([5, 5].map(isLightAfter)).toEqual([false, false]);
  expect(Array.from({ length: 200 }, () => isLightAfter(0.1)).lastIndexOf(false)).toBe(198);
});

it("takes a question for light however long it waited for a processor, and for heavy once it was very long twice in a row", () => {
  const costs = new QueryCosts();
  const isLightAfter = (ms: number) => {
    costs.note("select 1", { ms, processorMs: 0.1 });
    return costs.isLight("select 1");
  };
  expect([20, 20, 20, 20].map(isLightAfter)).toEqual([false, false, true, true]);
  expect([80, 20, 80, 80].map(isLightAfter)).toEqual([true, true, true, false]);
});

it("forgets questions that are no longer asked", () => {
  const costs = new QueryCosts();
  for (let times = 0; times < 3; times += 1) costs.note("old", took(0.1));
  expect(costs.isLight("old")).toBe(true);
  for (let index = 0; index < 1000; index += 1) costs.note(`new ${index}`, took(0.1));
  expect(costs.isLight("old")).toBe(false);
});
