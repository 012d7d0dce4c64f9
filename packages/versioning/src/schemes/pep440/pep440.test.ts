import { execFileSync } from "node:child_process";
import { constantFrom, sample, tuple } from "fast-check";
import { describe, expect, it } from "vitest";
import { pep440 } from "./pep440.ts";

it.each([
  ["a development release below the first alpha", "1.0.dev0", "1.0a0", -1],
  ["a development release of an alpha below the alpha", "1.0a1.dev1", "1.0a1", -1],
  ["alpha, beta, candidate, release", "1.0a9", "1.0b1", -1],
  ["beta below the candidate", "1.0b9", "1.0rc1", -1],
  ["the candidate below the release", "1.0rc9", "1.0", -1],
  ["the release below the post-release", "1.0", "1.0.post0", -1],
  ["a development release of a post-release below it", "1.0.post1.dev3", "1.0.post1", -1],
  ["a post-release of a candidate below the release", "1.0rc1.post1", "1.0", -1],
  ["an implicit post-release", "1.0-1", "1.0.post1", 0],
  ["an epoch before everything", "1!0.1", "2024.1", 1],
  ["trailing zeros without weight", "1", "1.0.0", 0],
  ["numbers by value", "1.9", "1.10", -1],
  ["leading zeros without weight", "1.01", "1.1", 0],
  ["spellings alike: c", "1.0c1", "1.0rc1", 0],
  ["spellings alike: preview", "1.0-preview_1", "1.0rc1", 0],
  ["spellings alike: rev", "1.0rev2", "1.0.post2", 0],
  ["spellings alike: capitals", "1.0.ALPHA.1", "1.0a1", 0],
  ["spellings alike: v and spaces", " v1.0 ", "1.0", 0],
  ["no number like zero", "1.0a", "1.0a0", 0],
  ["a local version above none", "1.0", "1.0+local", -1],
  ["a local version below the post-release", "1.0+local", "1.0.post0", -1],
  ["words of local versions below numbers", "1.0+local.a", "1.0+local.1", -1],
  ["fewer parts of local versions below more", "1.0+local.0", "1.0+local.0.1", -1],
  ["separators of local versions alike", "1.0+a-1", "1.0+A.1", 0],
  ["a word of a local version that looks like a number to JavaScript", "1.0+1e3", "1.0+5", -1],
  ["digits beyond 2^53", "1.9007199254740993", "1.9007199254740992", 1],
])("orders %s", (_, left, right, expected) => {
  expect(pep440.compare(left, right)).toBe(expected);
  expect(pep440.compare(right, left)).toBe(0 - expected);
});

it.each([
  ["a version from before PEP 440", "0.1-bulbasaur"],
  ["a word", "latest"],
  ["an empty component", "1..2"],
  ["a wildcard", "1.*"],
  ["an empty local version", "1.0+"],
  ["an epoch alone", "1!"],
  ["two pre-releases", "1.0a1b1"],
])("refuses %s", (_, text) => {
  expect(pep440.isValid(text)).toBe(false);
  expect(() => pep440.compare("1.0", text)).toThrow(/malformed pep440 version "/u);
});

const PACKAGING = hasPackaging();
const PAIRS = 2000;
const SEED = 440;

describe.skipIf(!PACKAGING)(
  `against packaging${PACKAGING ? "" : " (SKIPPED: no python3 with packaging)"}`,
  () => {
    it("gives the answer of Python's own library for generated pairs", () => {
      const pairs = sample(tuple(versions(), versions()), { numRuns: PAIRS, seed: SEED });
      const answers = askPackaging(pairs);
      const wrong = pairs
        .map(([a, b], index) => ({ a, b, ours: String(pep440.compare(a, b)), theirs: answers[index] }))
        .filter(({ ours, theirs }) => ours !== theirs);
      expect(wrong).toEqual([]);
    });
  },
);

function versions() {
  return tuple(
    constantFrom("", "", "0!", "1!", "v"),
    constantFrom("1", "1.0", "1.0.0", "1.01", "1.10", "0", "99999999999999999999"),
    constantFrom("", "", "a", "a0", "b1", "-rc.1", "_preview2", "c10", ".ALPHA"),
    constantFrom("", "", ".post1", "-1", "r", ".rev.2", "-post0"),
    constantFrom("", "", ".dev0", "dev", "-DEV2"),
    constantFrom("", "", "+a", "+1", "+a.1", "+1e3", "+A-2", "+10"),
  ).map((parts) => parts.join(""));
}

function hasPackaging(): boolean {
  try {
    execFileSync("python3", ["-c", "import packaging.version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function askPackaging(pairs: readonly (readonly [string, string])[]): readonly string[] {
  const script = [
    "import json, sys",
    "from packaging.version import Version as V",
    "for a, b in json.load(sys.stdin): print((V(a) > V(b)) - (V(a) < V(b)))",
  ].join("\n");
  const output = execFileSync("python3", ["-c", script], { input: JSON.stringify(pairs), encoding: "utf8" });
  return output.trim().split("\n");
}
