import { expect, it } from "vitest";
import { placeBatch } from "./place-batch.ts";
import { chain, hashOf } from "./testdata/chain.ts";

const head = { acknowledged: 5, lastHash: hashOf(5) };
const [first, , third] = chain(6, 8);

it.each([
  ["what follows the head", chain(6, 8), "fits"],
  ["what is held up to the head and goes on", chain(3, 8), "fits"],
  ["exactly what is held", chain(3, 5), "fits"],
  ["what ends before the head", chain(1, 3), "older"],
  ["what begins too late", chain(7, 8), "gap"],
  ["what has a hole", [first, third].flatMap((record) => record ?? []), "gap"],
  ["what goes on from another record", chain(6, 8, "other"), "forked"],
  ["what has another record where the head is", chain(3, 8, "other"), "forked"],
  ["what is not chained", [...chain(6, 6), ...chain(7, 7, "other")], "forked"],
  ["nothing", [], "fits"],
])("places %s", (_, records, kind) => {
  expect(placeBatch(records, head).kind).toBe(kind);
});

it("gives what is new", () => {
  expect(placeBatch(chain(3, 8), head)).toEqual({ kind: "fits", fresh: chain(6, 8) });
  expect(placeBatch(chain(3, 5), head)).toEqual({ kind: "fits", fresh: [] });
});
