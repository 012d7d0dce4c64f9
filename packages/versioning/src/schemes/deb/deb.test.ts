import { execFileSync } from "node:child_process";
import { constantFrom, sample, string, tuple } from "fast-check";
import { describe, expect, it } from "vitest";
import { deb } from "./deb.ts";

it.each([
  ["a tilde before the end", "1.0~rc1", "1.0", -1],
  ["two tildes before one", "1.0~~", "1.0~", -1],
  ["a tilde before a letter", "1.0~a", "1.0a", -1],
  ["the end before a letter", "1.0", "1.0a", -1],
  ["letters before other characters", "1.0a", "1.0+", -1],
  ["capitals before small letters", "1.0Z", "1.0a", -1],
  ["an epoch before everything", "1:0.9", "2.0", 1],
  ["no epoch like zero", "0:1.0", "1.0", 0],
  ["epochs by value", "9:1", "10:1", -1],
  ["no revision like revision zero", "1.0", "1.0-0", 0],
  ["no revision before the first", "1.0", "1.0-1", -1],
  ["no revision after a tilde revision", "1.0", "1.0-~1", 1],
  ["numbers by value, not by text", "1.2.9", "1.2.10", -1],
  ["leading zeros without weight", "1.01", "1.1", 0],
  ["a stable update after the release", "2.36-9", "2.36-9+deb12u1", -1],
  ["stable updates by value", "2.36-9+deb12u9", "2.36-9+deb12u10", -1],
  ["a rebuild after its source", "1.0-1", "1.0-1+b1", -1],
  ["a backport before the release", "1.0-1~bpo12+1", "1.0-1", -1],
  ["the last hyphen as the one of the revision", "1-2-3", "1-2-4", -1],
  ["colons after the epoch as part of the version", "1:2:3", "1:2:4", -1],
  ["digits beyond 2^53", "1.9007199254740993", "1.9007199254740992", 1],
  ["digits beyond 2^64", "1.18446744073709551616", "1.18446744073709551615", 1],
  ["an upstream version that begins with a letter", "rc1", "rc2", -1],
])("orders %s", (_, left, right, expected) => {
  expect(deb.compare(left, right)).toBe(expected);
  expect(deb.compare(right, left)).toBe(0 - expected);
});

it.each([
  ["an empty text", ""],
  ["an empty epoch", ":1.0"],
  ["an epoch that is no number", "a:1.0"],
  ["an epoch beyond a C int", "2147483648:1.0"],
  ["nothing after the epoch", "1:"],
  ["no upstream version", "-1"],
  ["an empty revision", "1.0-"],
  ["a colon in the revision", "1:1.0-2:3"],
  ["an underscore", "1.0_1"],
  ["a space inside", "1.0 1"],
  ["a letter beyond ASCII", "1.0é"],
])("refuses %s", (_, text) => {
  expect(deb.isValid(text)).toBe(false);
  expect(() => deb.compare(text, "1.0")).toThrow(/malformed deb version "/u);
});

const ORACLE = "dpkg";
const DPKG = hasDpkg();
/** Each pair costs one or two processes. */
const PAIRS = 150;
const SEED = 20_260_821;

describe.skipIf(!DPKG)(`against dpkg itself${DPKG ? "" : " (SKIPPED: no dpkg on this machine)"}`, () => {
  it("gives dpkg's own answer for generated pairs", () => {
    const pairs = sample(tuple(versions(), versions()), { numRuns: PAIRS, seed: SEED });
    const answers = askDpkg(pairs);
    const wrong = pairs
      .map(([a, b], index) => ({ a, b, ours: String(deb.compare(a, b)), dpkg: answers[index] }))
      .filter(({ ours, dpkg }) => ours !== dpkg);
    expect(wrong).toEqual([]);
  });
});

function hasDpkg(): boolean {
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
    "+",
    "+deb12u",
  );
  const upstream = string({ unit: piece, maxLength: 5 });
  const revision = constantFrom("", "", "-0", "-1", "-1~bpo12+1", "-1+b1", "-~", "-10", "-0a");
  return tuple(epoch, constantFrom("1", "0", "2."), upstream, revision).map((parts) => parts.join(""));
}

/** One shell asks dpkg for all pairs; the versions are arguments, never text of the script. */
function askDpkg(pairs: readonly (readonly [string, string])[]): readonly string[] {
  const script = [
    "while [ $# -gt 0 ]; do",
    'if dpkg --compare-versions "$1" lt "$2"; then echo -1',
    'elif dpkg --compare-versions "$1" eq "$2"; then echo 0; else echo 1; fi; shift 2; done',
  ].join("\n");
  const output = execFileSync("sh", ["-c", script, "sh", ...pairs.flat()], { encoding: "utf8" });
  return output.trim().split("\n");
}
