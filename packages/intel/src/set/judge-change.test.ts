import { expect, it } from "vitest";
import { judgeChange } from "./judge-change.ts";

it.each([
  ["a feed that is new", { before: 0, after: 1_000_000, removed: 0 }],
  ["a feed that grows", { before: 100, after: 1000, removed: 0 }],
  ["a feed that loses half", { before: 100, after: 50, removed: 50 }],
  ["a small list that changes wholly", { before: 5, after: 40, removed: 5 }],
  ["a few more hits", { before: 100, after: 100, removed: 0, hits: { before: 1, after: 19 } }],
  ["hits that grow", { before: 100, after: 100, removed: 0, hits: { before: 10, after: 100 } }],
])("lets %s pass", (_, change) => {
  expect(judgeChange(change)).toBeUndefined();
});

it.each([
  [
    "a feed that grows more than tenfold",
    { before: 100, after: 1001, removed: 0 },
    /10-fold, from 100 to 1001/u,
  ],
  ["a small feed that explodes", { before: 1, after: 50_000, removed: 0 }, /10-fold/u],
  ["a feed that loses more than half", { before: 100, after: 49, removed: 51 }, /takes back 51 of 100/u],
  ["a feed that is exchanged", { before: 100, after: 100, removed: 100 }, /takes back 100 of 100/u],
  ["a feed that falls silent", { before: 100, after: 0, removed: 100 }, /takes back/u],
  [
    "a feed that would suddenly hit a lot",
    { before: 100, after: 101, removed: 0, hits: { before: 0, after: 20 } },
    /20 live connections/u,
  ],
])("holds %s", (_, change, reason) => {
  expect(judgeChange(change)).toMatch(reason);
});
