import { execFileSync } from "node:child_process";
import { constantFrom, sample, string, tuple } from "fast-check";
import { describe, expect, it } from "vitest";
import { isAffected } from "../../ranges.ts";
import { rpm } from "./rpm.ts";

it.each([
  ["a tilde before the end", "1.0~rc1", "1.0", -1],
  ["two tildes before one", "1.0~~", "1.0~", -1],
  ["a caret after the end", "1.0^git1", "1.0", 1],
  ["a caret before the next number", "1.0^git1", "1.0.1", -1],
  ["a caret before a letter", "1.0^", "1.0a", -1],
  ["a tilde before a caret", "1.0~rc1", "1.0^", -1],
  ["a tilde behind a caret before the caret", "1.0^git1~pre", "1.0^git1", -1],
  ["letters before digits", "1.0a", "1.0.1", -1],
  ["more after less", "1.0.1", "1.0", 1],
  ["capitals before small letters", "1.0Z", "1.0a", -1],
  ["separators alike", "1.0_1", "1.0+1", 0],
  ["separators of any number alike", "1..0", "1.0.", 0],
  ["letters and digits without a separator like those with one", "5.5p1", "5.5.p.1", 0],
  ["an epoch before everything", "1:0.9-1", "2.0-1", 1],
  ["no epoch like zero", "0:1.0-1", "1.0-1", 0],
  ["epochs by value", "9:1-1", "10:1-1", -1],
  ["releases", "1.0-1.el9", "1.0-2.el9", -1],
  ["a later minor release of the distribution", "1.0-1.el9_2", "1.0-1.el9_10", -1],
  ["no release before any", "1.0", "1.0-1", -1],
  ["the version before the release", "1.1-1", "1.0-9", 1],
  ["the last hyphen as the one of the release", "1-2-3", "1-2-4", -1],
  ["numbers by value, not by text", "1.2.9-1", "1.2.10-1", -1],
  ["leading zeros without weight", "10.0001", "10.1", 0],
  ["digits beyond 2^64", "18446744073709551616-1", "18446744073709551615-1", 1],
  [
    "builds of a module",
    "1:18.12.1-1.module_el8.7.0+3343+ea2b7901",
    "1:18.12.1-2.module_el8.7.0+3370+12345678",
    -1,
  ],
])("orders %s", (_, left, right, expected) => {
  expect(rpm.compare(left, right)).toBe(expected);
  expect(rpm.compare(right, left)).toBe(0 - expected);
});

it.each([
  ["an empty text", ""],
  ["an empty epoch", ":1.0-1"],
  ["an epoch that is no number", "a:1.0-1"],
  ["two epochs", "1:1:1"],
  ["nothing after the epoch", "1:"],
  ["no version", "-1"],
  ["an empty release", "1.0-"],
  ["a slash", "1.0/1"],
  ["a space inside", "1.0 1"],
  ["a letter beyond ASCII", "1.0é"],
])("refuses %s", (_, text) => {
  expect(rpm.isValid(text)).toBe(false);
  expect(() => rpm.compare(text, "1.0")).toThrow(/malformed rpm version "/u);
});

it.each([
  ["the release of an installed version where the bound has none", "1.2-3", { lastAffected: "1.2" }, true],
  ["the same of a fix", "1.2-3", { fixed: "1.2" }, false],
  ["the same of a beginning", "1.2-3", { introduced: "1.2" }, true],
  ["the release where both have one", "1.2-3", { lastAffected: "1.2-2" }, false],
])("counts or leaves out %s", (_, version, range, expected) => {
  expect(isAffected(rpm, version, { ranges: [range] })).toBe(expected);
});

it("takes a version without a release for affected up to every release of it, since nobody knows which it is", () => {
  expect(isAffected(rpm, "1.2", { ranges: [{ fixed: "1.2-9" }] })).toBe(true);
});

it("knows a listed version by its text without the release", () => {
  expect(isAffected(rpm, "1.2-3", { ranges: [], versions: ["1.2"] })).toBe(true);
  expect(isAffected(rpm, "1.2-3", { ranges: [], versions: ["1.2-4"] })).toBe(false);
});

const ORACLE = "rpm";
const RPM = hasRpm();
const PAIRS = 2000;
const SEED = 20_261_127;

describe.skipIf(!RPM)(`against rpm itself${RPM ? "" : " (SKIPPED: no rpm on this machine)"}`, () => {
  it("gives rpm's own answer for generated pairs", () => {
    const pairs = sample(tuple(versions(), versions()), { numRuns: PAIRS, seed: SEED });
    const answers = askRpm(pairs);
    const wrong = pairs
      .map(([a, b], index) => ({ a, b, ours: String(rpm.compare(a, b)), rpm: answers[index] }))
      .filter(({ ours, rpm: theirs }) => ours !== theirs);
    expect(wrong).toEqual([]);
    expect(new Set(answers)).toEqual(new Set(["-1", "0", "1"]));
  });
});

function hasRpm(): boolean {
  try {
    execFileSync(ORACLE, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Versions of few and similar pieces, so that pairs are often close to each other. */
function versions() {
  const epoch = constantFrom("", "", "0:", "1:", "10:");
  const piece = constantFrom(
    "0",
    "1",
    "9",
    "10",
    "01",
    "99999999999999999999",
    "a",
    "Z",
    "rc",
    ".",
    "~",
    "^",
    "+",
    "_",
    "-",
  );
  const version = string({ unit: piece, maxLength: 4 });
  const release = constantFrom("", "", "-0", "-1", "-1.el9_2", "-1.el9_10", "-1~", "-1^", "-10", "-0a");
  return tuple(epoch, constantFrom("1", "0", "2."), version, release)
    .map((parts) => parts.join(""))
    .filter((text) => rpm.isValid(text));
}

/** One process answers for all pairs. The versions hold nothing that Lua or the macros of rpm would read. */
function askRpm(pairs: readonly (readonly [string, string])[]): readonly string[] {
  const table = pairs.map(([a, b]) => `{"${a}","${b}"}`).join(",");
  const script = `%{lua:for _, p in ipairs({${table}}) do print(rpm.vercmp(p[1], p[2]) .. "\\n") end}`;
  return execFileSync(ORACLE, ["--eval", script], { encoding: "utf8" }).trim().split(/\s+/u);
}
