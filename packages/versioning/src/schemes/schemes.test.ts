import { readdirSync } from "node:fs";
import { ecosystem } from "@pratique/core";
import { assert, constantFrom, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { VersionError } from "../errors.ts";
import { schemeOf, versionSchemes } from "./schemes.ts";

const folders = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

it("lists every folder, sorted by name", () => {
  expect(versionSchemes.map(({ name }) => name)).toEqual(folders);
});

it("gives each ecosystem to one scheme only", () => {
  const all = versionSchemes.flatMap(({ ecosystems }) => ecosystems);
  expect(new Set(all).size).toBe(all.length);
});

it.each([
  ["Debian:12", "deb"],
  ["Ubuntu:24.04", "deb"],
  ["Alpine:v3.20", "apk"],
  ["Arch Linux", "alpm"],
  ["AlmaLinux:9", "rpm"],
  ["Maven", "maven"],
  ["Rocky Linux:8", "rpm"],
  ["Go", "go"],
  ["npm", "semver"],
  ["crates.io", "semver"],
  ["Hex", "semver"],
  ["SwiftURL", "semver"],
  ["Pub", "pub"],
  ["Bitnami", "generic"],
  ["NVD", "generic"],
  ["PyPI", "pep440"],
  ["Packagist", "composer"],
  ["RubyGems", "gem"],
  ["NuGet", "nuget"],
  ["", undefined],
])("orders the versions of %s by %s", (name, expected) => {
  expect(schemeOf(ecosystem(name))?.name).toBe(expected);
});

/** Pieces of which versions are made in one scheme or another, so that random joins are often valid. */
const pieces = [
  "0",
  "1",
  "2",
  "9",
  "10",
  "01",
  "00",
  "18446744073709551617",
  ".",
  "-",
  "~",
  "+",
  "_",
  ":",
  "!",
  "v",
  "^",
].concat([
  "a",
  "b",
  "rc",
  "p",
  "_rc",
  "_p",
  "-r",
  "-1",
  ".post",
  ".dev",
  "alpha",
  ".sp",
  "-ga",
  "--",
  ".a",
  "-dev",
  ".x",
  "deb12u1",
  "go",
  "rc1",
  "é",
  " ",
]);

const text = string({ unit: constantFrom(...pieces), minLength: 1, maxLength: 6 });

describe.each(versionSchemes)("$name", (scheme) => {
  const { compare, isValid } = scheme;
  const version = text.filter((candidate) => isValid(candidate));

  it("compares what it calls valid, and refuses the rest with its own error", () => {
    assert(
      property(text, text, (a, b) => {
        if (isValid(a) && isValid(b)) return [-1, 0, 1].includes(compare(a, b));
        expect(() => compare(a, b)).toThrow(VersionError);
        return true;
      }),
    );
  });

  it.each(["", " ", "\0", "1\n2", "é", "-", "1 2"])(
    "refuses %j, on either side and against itself",
    (bad) => {
      expect(isValid(bad)).toBe(false);
      expect(() => compare(bad, "1.0")).toThrow(expect.objectContaining({ code: "VERSION_MALFORMED" }));
      expect(() => compare("1.0", bad)).toThrow(expect.objectContaining({ code: "VERSION_MALFORMED" }));
      expect(() => compare(bad, bad)).toThrow(expect.objectContaining({ code: "VERSION_MALFORMED" }));
    },
  );

  it("is reflexive", () => {
    assert(property(version, (a) => compare(a, a) === 0));
  });

  it("is antisymmetric", () => {
    assert(property(version, version, (a, b) => compare(a, b) + compare(b, a) === 0));
  });

  it("is transitive, and equal versions compare alike with any third", () => {
    assert(
      property(version, version, version, (a, b, c) => {
        const [low, middle, high] = [a, b, c].sort(compare);
        if (low === undefined || middle === undefined || high === undefined) return false;
        const ordered = compare(low, middle) <= 0 && compare(middle, high) <= 0 && compare(low, high) <= 0;
        const alike = compare(a, b) !== 0 || compare(a, c) === compare(b, c);
        return ordered && alike;
      }),
      { numRuns: 500 },
    );
  });

  it("answers in linear time, however long the text", () => {
    const long = `1.${"9".repeat(100_000)}`;
    expect(compare(long, `${long}0`)).toBe(-1);
    expect(isValid(`${"1.".repeat(50_000)}!`)).toBe(false);
    expect(isValid(`1${"-a".repeat(50_000)}\u0000`)).toBe(false);
  });
});
