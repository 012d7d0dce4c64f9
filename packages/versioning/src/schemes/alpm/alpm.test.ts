import { array, assert, constantFrom, property } from "fast-check";
import { expect, it } from "vitest";
import { alpm } from "./alpm.ts";

/** Each older than the next (vercmp(8), and what follows from it). */
const chains = [
  ["1.0a", "1.0b", "1.0beta", "1.0p", "1.0pre", "1.0rc", "1.0", "1.0.a", "1.0.1"],
  ["1", "1.0", "1.1", "1.1.1", "1.2", "2.0", "3.0.0"],
  ["1.5-1", "1.5-2", "1.5-10", "1.5.1-1", "1:1.0-1"],
  ["1.0-1", "1.0-1.1", "1.0-2"],
  ["1.9", "1.10", "1.010.1"],
  ["20230101", "1:1", "2:0.1"],
  ["1.0+r1", "1.0++r1"],
];

it.each(chains)("orders %s before what follows", (...chain) => {
  chain.forEach((left, at) => {
    expect(alpm.compare(left, left)).toBe(0);
    for (const right of chain.slice(at + 1)) {
      expect([left, right, alpm.compare(left, right)]).toEqual([left, right, -1]);
      expect(alpm.compare(right, left)).toBe(1);
    }
  });
});

it.each([
  ["1.0", "01.0", 0],
  ["0:1.0-1", "1.0-1", 0],
  ["1.0", "1_0", 0],
  ["1.0-1", "1.0", 1],
] as const)("compares %s and %s as %i", (left, right, expected) => {
  expect(alpm.compare(left, right)).toBe(expected);
});

it("leaves the release out where a bound has none", () => {
  expect(alpm.compareToBound?.("1.0-3", "1.0")).toBe(0);
  expect(alpm.compareToBound?.("1.0-3", "1.0-4")).toBe(-1);
});

it.each(["", "-1", "1.0-", "1.0-a", "1:", "a:1", "1.0 1", "1/2", ".1", "1.", "1-2-3"])(
  "refuses %j",
  (text) => {
    expect(alpm.isValid(text)).toBe(false);
    expect(() => alpm.compare(text, "1")).toThrow("alpm");
  },
);

it("is a total order", () => {
  const piece = constantFrom("0", "1", "10", "01", "a", "rc", "A", ".", "_", "+", "..");
  const version = array(piece, { minLength: 1, maxLength: 6 })
    .map((parts) => parts.join(""))
    .filter((text) => alpm.isValid(text));
  assert(
    property(version, version, version, (a, b, c) => {
      const sorted = [a, b, c].sort((left, right) => alpm.compare(left, right));
      const [first = "", , last = ""] = sorted;
      expect(alpm.compare(first, last)).toBeLessThanOrEqual(0);
      expect(alpm.compare(a, b) + alpm.compare(b, a)).toBe(0);
    }),
    { numRuns: 2000 },
  );
});
