import { expect, it } from "vitest";
import { fitsText } from "./fits-text.ts";

it.each([
  ["", ["ann"], true],
  [" ANN ", ["joanna"], true],
  ["baker", ["bob", "Bob Baker", undefined], true],
  ["x", ["ann", undefined], false],
  ["ann", [], false],
] as const)("looks for %j in %j: %s", (typed, values, fits) => {
  expect(fitsText(typed, values)).toBe(fits);
});
