import { expect, it } from "vitest";
import { isAffected } from "./ranges.ts";
import { deb } from "./schemes/deb/deb.ts";
import { pep440 } from "./schemes/pep440/pep440.ts";
import { semver } from "./schemes/semver/semver.ts";

it.each([
  ["the introducing version is inside", "1.0.0", [{ introduced: "1.0.0", fixed: "1.0.2" }], true],
  ["what comes before is outside", "0.9.9", [{ introduced: "1.0.0", fixed: "1.0.2" }], false],
  ["the fixed version is outside", "1.0.2", [{ introduced: "1.0.0", fixed: "1.0.2" }], false],
  ["the last affected version is inside", "1.0.2", [{ lastAffected: "1.0.2" }], true],
  ["what follows the last affected version is outside", "1.0.3", [{ lastAffected: "1.0.2" }], false],
  ["zero means from the first version on", "0.0.0-alpha", [{ introduced: "0", fixed: "1.0.0" }], true],
  ["no beginning means the same", "0.0.0-alpha", [{ fixed: "1.0.0" }], true],
  ["no end means for ever", "99.0.0", [{ introduced: "1.0.0" }], true],
  ["a range without bounds holds everything", "1.0.0", [{}], true],
  ["no ranges at all hold nothing", "1.0.0", [], false],
  ["a fix in zero means never affected", "0.0.0-alpha", [{ fixed: "0" }], false],
  ["a pre-release of the fix is still inside", "1.0.2-rc.1", [{ fixed: "1.0.2" }], true],
  [
    "any of several ranges suffices",
    "2.1.0",
    [{ fixed: "1.9.1" }, { introduced: "2.0.0", fixed: "2.1.1" }],
    true,
  ],
  [
    "between two ranges is outside",
    "1.9.5",
    [{ fixed: "1.9.1" }, { introduced: "2.0.0", fixed: "2.1.1" }],
    false,
  ],
])("%s", (_, version, ranges, expected) => {
  expect(isAffected(semver, version, { ranges })).toBe(expected);
});

it("takes zero as the first version where the scheme has versions below it", () => {
  expect(isAffected(deb, "0~git2020", { ranges: [{ introduced: "0", fixed: "1" }] })).toBe(true);
  expect(isAffected(deb, "0~git2020", { ranges: [{ fixed: "0" }] })).toBe(false);
});

it("knows a listed version in any of its spellings", () => {
  expect(isAffected(pep440, "1.0", { ranges: [], versions: ["0.9", "1.0.0"] })).toBe(true);
  expect(isAffected(pep440, "1.1", { ranges: [], versions: ["0.9", "1.0.0"] })).toBe(false);
});

it("knows a listed version by its text where no rule can read it", () => {
  expect(isAffected(pep440, "0.1-bulbasaur", { ranges: [], versions: ["0.1-bulbasaur"] })).toBe(true);
  expect(isAffected(pep440, "1.0", { ranges: [], versions: ["0.1-bulbasaur"] })).toBe(false);
});

it.each([
  ["an installed version that cannot be read", "latest", [{ fixed: "1.0.0" }]],
  ["a bound that cannot be read", "1.0.0", [{ fixed: "next" }]],
  ["a bound that cannot be read among others that say no", "2.0.0", [{ fixed: "1.0.0" }, { fixed: "next" }]],
])("does not answer no to %s", (_, version, ranges) => {
  expect(() => isAffected(semver, version, { ranges })).toThrow(
    expect.objectContaining({ code: "VERSION_MALFORMED" }),
  );
});

it("answers yes where another range settles it", () => {
  expect(isAffected(semver, "1.0.0", { ranges: [{ fixed: "next" }, { fixed: "1.0.1" }] })).toBe(true);
  expect(isAffected(semver, "latest", { ranges: [{}] })).toBe(true);
});

it("needs no further bound where the first one decides", () => {
  expect(isAffected(semver, "1.0.0", { ranges: [{ introduced: "2.0.0", fixed: "next" }] })).toBe(false);
});
