import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { constantFrom, sample, tuple } from "fast-check";
import { describe, expect, it } from "vitest";
import { composer } from "./composer.ts";

it.each([
  ["numbers by value", "1.9", "1.10", -1],
  ["missing numbers as zero", "1.0", "1.0.0.0", 0],
  ["a leading v", "v1.2.3", "V1.2.3", 0],
  ["the fourth number", "1.9.4.1", "1.9.4.2", -1],
  ["dev before alpha", "1.0-dev", "1.0-alpha", -1],
  ["alpha before beta", "1.0a5", "1.0b1", -1],
  ["beta before the candidate", "1.0-beta.9", "1.0-RC1", -1],
  ["the candidate before the release", "1.0-rc9", "1.0", -1],
  ["the release before its patch", "2.3.2", "2.3.2-p1", -1],
  ["patches by value", "2.4.6-p6", "2.4.6-p10", -1],
  ["a patch before the next version", "2.3.2-p9", "2.3.3", -1],
  ["short names like long ones", "1.0-pl1", "1.0-patch1", 0],
  ["names without regard to case", "1.0-RC1", "1.0rc1", 0],
  ["dots and hyphens before digits alike", "1.25.0-beta2.1", "1.25.0-b.2-1", 0],
  ["a stability without number before its first", "1.0-beta", "1.0-beta0", -1],
  ["a snapshot of a beta before it", "1.0-beta2-dev", "1.0-beta2", -1],
  ["stable as the release", "1.0-stable", "1.0", 0],
  ["a stability flag without weight", "1.0@dev", "1.0", 0],
  ["metadata without weight", "1.0+a", "1.0", 0],
  ["a numbered branch above its releases", "2.x-dev", "2.99.0", 1],
  ["a numbered branch below the next", "2.x-dev", "3.0.0-alpha1", -1],
  ["a branch of two numbers", "2.4.x-dev", "2.5.0", -1],
  ["a date", "20100102", "20100103", -1],
  ["a date with separators", "2010-01-02", "2010-01-03", -1],
  ["a date above versions", "20100102", "9.0", 1],
  ["digits beyond 2^53", "1.9007199254740993", "1.9007199254740992", 1],
])("orders %s", (_, left, right, expected) => {
  expect(composer.compare(left, right)).toBe(expected);
  expect(composer.compare(right, left)).toBe(0 - expected);
});

it.each([
  ["a branch", "dev-main"],
  ["another branch", "feature-dev"],
  ["a word", "master"],
  ["an unknown stability", "1.0.0-meh"],
  ["a snapshot of Maven", "1.0.1-SNAPSHOT"],
  ["five numbers", "1.0.0.0.0"],
  ["a constraint", "^1.2"],
  ["a space in the metadata", "1.0.0+foo bar"],
  ["nothing after the plus", "1.0+"],
])("refuses %s", (_, text) => {
  expect(composer.isValid(text)).toBe(false);
  expect(() => composer.compare("1.0.0", text)).toThrow(/malformed composer version "/u);
});

it("reads digits that never end in linear time", () => {
  expect(composer.isValid(`1.0-beta${"1".repeat(100_000)}!`)).toBe(false);
  expect(composer.isValid(`1.0-beta${".1".repeat(100_000)}x`)).toBe(false);
});

/** Composer's own library, as Debian packages it. */
const LIBRARY = "/usr/share/php/Composer/Semver/autoload.php";
const PAIRS = 400;
const SEED = 20_260_821;
const present = existsSync(LIBRARY);

describe.skipIf(!present)(`against Composer itself${present ? "" : ` (SKIPPED: no ${LIBRARY})`}`, () => {
  it("gives the answer of its parser and of version_compare for generated pairs", () => {
    const pairs = sample(tuple(versions(), versions()), { numRuns: PAIRS, seed: SEED });
    const script = [
      `require ${JSON.stringify(LIBRARY)};`,
      "$parser = new Composer\\Semver\\VersionParser();",
      "$all = array_map(fn ($text) => $parser->normalize($text), array_slice($argv, 1));",
      'foreach (array_chunk($all, 2) as [$a, $b]) echo version_compare($a, $b), "\\n";',
    ].join("\n");
    const output = execFileSync("php", ["-r", script, "--", ...pairs.flat()], { encoding: "utf8" });
    expect(pairs.map(([a, b]) => String(composer.compare(a, b)))).toEqual(output.trim().split("\n"));
  });
});

function versions() {
  const numbers = constantFrom(
    "0",
    "1",
    "1.0",
    "1.10.0",
    "v1.9",
    "1.0.0.1",
    "2.x",
    "2.1.x",
    "20100102",
    "2010-01-02",
  );
  const stability = constantFrom(
    "",
    "",
    "-alpha",
    "a1",
    ".beta",
    "-b2.1",
    "-beta10",
    "RC1",
    "-p1",
    "-pl",
    "_stable",
  );
  return tuple(numbers, stability, constantFrom("", "-dev", "@dev", "+x")).map(([release, suffix, end]) =>
    release.endsWith("x") ? `${release}-dev` : `${release}${suffix}${end}`,
  );
}
