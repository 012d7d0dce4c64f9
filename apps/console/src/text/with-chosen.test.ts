import { expect, it } from "vitest";
import { withChosen } from "./with-chosen.ts";

it.each([
  [undefined, ["a", "b"]],
  ["b", ["a", "b"]],
  ["c", ["c", "a", "b"]],
])("offers what is chosen, %s, once", (chosen, expected) => {
  expect(withChosen(["a", "b"], chosen)).toEqual(expected);
});
