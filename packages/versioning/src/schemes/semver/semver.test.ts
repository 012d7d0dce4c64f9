import { array, assert, constantFrom, nat, property, tuple } from "fast-check";
import reference from "semver";
import { expect, it } from "vitest";
import { semver } from "./semver.ts";

it.each([
  ["a pre-release below its release", "1.0.0-rc.1", "1.0.0", -1],
  ["a pre-release of the next version above this one", "1.0.0", "1.0.1-0", -1],
  ["identifiers by value", "1.0.0-beta.2", "1.0.0-beta.11", -1],
  ["a number below a word", "1.0.0-alpha.1", "1.0.0-alpha.beta", -1],
  ["fewer identifiers below more", "1.0.0-alpha", "1.0.0-alpha.1", -1],
  ["words by ASCII", "1.2.3-R2", "1.2.3-r2", -1],
  ["a word with digits by text", "1.2.3-r100", "1.2.3-r2", -1],
  ["a hyphen inside a pre-release", "1.2.3-4-foo", "1.2.3-4", 1],
  ["builds alike", "1.2.3+a", "1.2.3+b", 0],
  ["a build without weight after a pre-release", "1.2.3-rc.1+a", "1.2.3-rc.1", 0],
  ["a leading v", "v1.2.3", "1.2.3", 0],
  ["a leading equals sign", "= v1.2.3", "1.2.3", 0],
  ["leading zeros", "1.02.3", "1.2.3", 0],
  ["a pre-release without hyphen", "1.2.3beta", "1.2.3-beta", 0],
  ["a bound that stops after the first number", "0", "0.0.0", 0],
  ["a bound that stops after the second", "1.2", "1.2.0", 0],
  ["a fourth number like build metadata", "1.1.3.4.5", "1.1.3", 0],
  ["digits beyond 2^53", "1.9007199254740993.0", "1.9007199254740992.0", 1],
])("orders %s", (_, left, right, expected) => {
  expect(semver.compare(left, right)).toBe(expected);
  expect(semver.compare(right, left)).toBe(0 - expected);
});

it.each([
  ["a word", "latest"],
  ["a range", "^1.2.3"],
  ["a placeholder", "1.x"],
  ["an empty pre-release", "1.2.3-"],
  ["an empty identifier", "1.2.3-a..b"],
  ["an empty build", "1.2.3+"],
  ["an address", "git+https://example.org/x.git"],
  ["a dot at the end", "1.2."],
])("refuses %s", (_, text) => {
  expect(semver.isValid(text)).toBe(false);
  expect(() => semver.compare("1.0.0", text)).toThrow(/malformed semver version "/u);
});

it("agrees with npm's own library on what both can read", () => {
  const number = nat({ max: 12 }).map(String);
  const identifier = constantFrom("0", "1", "2", "11", "a", "b", "alpha", "rc", "x-y", "1a", "A");
  const tail = array(identifier, { maxLength: 3 }).map((parts) => parts.join("."));
  const version = tuple(number, number, number, tail, tail).map(
    ([major, minor, patch, pre, build]) =>
      `${major}.${minor}.${patch}${pre === "" ? "" : `-${pre}`}${build === "" ? "" : `+${build}`}`,
  );
  assert(
    property(version, version, (a, b) => {
      expect(semver.compare(a, b)).toBe(reference.compare(a, b));
    }),
    { numRuns: 2000 },
  );
});
