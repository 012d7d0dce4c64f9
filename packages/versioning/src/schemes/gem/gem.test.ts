import { execFileSync } from "node:child_process";
import { constantFrom, sample, string, tuple } from "fast-check";
import { describe, expect, it } from "vitest";
import { gem } from "./gem.ts";

it.each([
  ["numbers by value", "3.2", "3.10", -1],
  ["a letter below the release", "1.0.0.rc1", "1.0.0", -1],
  ["a pre-release of the next version above this one", "1.0.1.a", "1.0", 1],
  ["zeros at the end without weight", "1.0.0", "1", 0],
  ["zeros before a letter without weight", "1.0.0.a", "1.a", 0],
  ["zeros between numbers by their place", "1.0.1", "1.1", -1],
  ["letters and digits apart", "1.0.a2", "1.0.a.2", 0],
  ["numbers after letters by value", "1.0.a9", "1.0.a10", -1],
  ["letters by ASCII, capitals first", "1.0.RC", "1.0.alpha", -1],
  ["a longer pre-release by its number", "1.0.a.1", "1.0.a", 1],
  ["a pre-release of a pre-release", "1.0.a.b", "1.0.a", -1],
  ["a hyphen as a pre-release", "1.2-3", "1.2.pre.3", 0],
  ["a hyphen below the release", "1.2-3", "1.2", -1],
  ["a fourth number above three", "6.0.3.1", "6.0.3", 1],
  ["leading zeros without weight", "1.02", "1.2", 0],
  ["white space without weight", " 1.2\n", "1.2", 0],
  ["digits beyond 2^53", "1.9007199254740993", "1.9007199254740992", 1],
])("orders %s", (_, left, right, expected) => {
  expect(gem.compare(left, right)).toBe(expected);
  expect(gem.compare(right, left)).toBe(0 - expected);
});

it.each([
  ["a word", "junk"],
  ["a platform", "1.15.4-x86_64-linux"],
  ["a requirement", "~> 1.2"],
  ["two dots", "1..2"],
  ["a dot at the end", "1."],
  ["a hyphen at the end", "1-"],
  ["two lines", "1.0\n2.0"],
  ["a leading v", "v1.2"],
])("refuses %s", (_, text) => {
  expect(gem.isValid(text)).toBe(false);
  expect(() => gem.compare(text, "1.0")).toThrow(/malformed gem version "/u);
});

const PAIRS = 400;
const SEED = 20_260_821;
const RUBY = hasRuby();

describe.skipIf(!RUBY)(`against RubyGems itself${RUBY ? "" : " (SKIPPED: no ruby on this machine)"}`, () => {
  it("gives the answer of Gem::Version for generated pairs", () => {
    const pairs = sample(tuple(versions(), versions()), { numRuns: PAIRS, seed: SEED });
    const script = "ARGV.each_slice(2) { |a, b| puts Gem::Version.new(a) <=> Gem::Version.new(b) }";
    const output = execFileSync("ruby", ["-e", script, "--", ...pairs.flat()], { encoding: "utf8" });
    expect(pairs.map(([a, b]) => String(gem.compare(a, b)))).toEqual(output.trim().split("\n"));
  });
});

function hasRuby(): boolean {
  try {
    execFileSync("ruby", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function versions() {
  const unit = constantFrom(".0", ".1", ".10", ".01", ".a", ".a1", ".b.0", ".rc", ".RC", ".0a0");
  const suffix = constantFrom("", "", "-1", "-a", "-a.0", "--");
  return tuple(constantFrom("0", "1", "10"), string({ unit, maxLength: 4 }), suffix).map((all) =>
    all.join(""),
  );
}
