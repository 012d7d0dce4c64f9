import { expect, it } from "vitest";
import { holdRows } from "./held-rows.ts";

const rowsOf = (text: string) => text.split(" ").map((word) => ({ key: word.slice(0, 1), word }));
const hold = (shown: string, fresh: string) => {
  const held = holdRows(rowsOf(shown), rowsOf(fresh), ({ key }) => key);
  return held && `${held.rows.map(({ word }) => word).join(" ")}, ${held.waiting} more`;
};

it.each([
  ["nothing came in", "a b c", "a b c", undefined],
  ["one came in above", "a b c", "x a b c", "a b c, 1 more"],
  ["two came in, one of them between", "a b c", "x a y b c", "a b c, 2 more"],
  ["one came in below", "a b c", "a b c x", undefined],
  ["one was pushed off the end", "a b c", "x a b", "a b c, 1 more"],
  ["a row has changed meanwhile", "a b c", "x a b2 c", "a b2 c, 1 more"],
  ["a row went away", "a b c", "a c", undefined],
  ["two went away when one came in", "a b c", "x a", undefined],
  ["rows changed their order", "a b c", "x b a c", undefined],
  ["all are others", "a b c", "x y z", undefined],
])("says what is shown where %s", (_, shown, fresh, expected) => {
  expect(hold(shown, fresh)).toBe(expected);
});
