import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { array, constantFrom, oneof, sample, tuple } from "fast-check";
import { describe, expect, it } from "vitest";
import { maven } from "./maven.ts";

it.each([
  ["numbers by value", "1.9", "1.10", -1],
  ["leading zeros without weight", "1.01", "1.1", 0],
  ["trailing zeros without weight", "1", "1.0.0", 0],
  ["alpha below beta", "1.0-alpha-9", "1.0-beta-1", -1],
  ["beta below a milestone", "1.0-beta-9", "1.0-milestone-1", -1],
  ["a milestone below a candidate", "1.0-M9", "1.0-RC1", -1],
  ["a candidate below a snapshot", "1.0-rc-9", "1.0-SNAPSHOT", -1],
  ["a snapshot below the release", "1.0-SNAPSHOT", "1.0", -1],
  ["the release below a service pack", "1.0", "1.0-sp", -1],
  ["a service pack below unknown words", "1.0-sp-9", "1.0-abc", -1],
  ["unknown words by text", "2.0.1-klm", "2.0.1-lmn", -1],
  ["a word below a number", "1-xyz", "1-123", -1],
  ["a number behind a hyphen below one behind a dot", "1-1", "1.1", -1],
  ["an empty release word like none", "5.3.0.Final", "5.3.0", 0],
  ["all release words alike", "1.0.GA", "1.0-RELEASE", 0],
  ["a vendor's build above the release", "5.3.0.Final", "5.3.0.Final-redhat-1", -1],
  ["a candidate by its other name", "1.0-CR1", "1.0-rc-1", 0],
  ["letters for words before digits", "1.0a1", "1.0-alpha-1", 0],
  ["letters for themselves before nothing", "1.0-a", "1.0-alpha", 1],
  ["a word behind a dot like one behind a hyphen", "1.0.0.Beta", "1.0.0-beta", 0],
  ["zeros before a hyphen without weight", "1.0.0-foo.0.0", "1-foo", 0],
  ["dates", "20040616", "3.2.2", 1],
  ["a platform behind the version", "32.1.2-android", "32.1.2-jre", -1],
  ["a snapshot of a candidate below it", "4.1.0.Beta4-SNAPSHOT", "4.1.0.Beta4", -1],
  ["nothing at the end like nothing", "1.", "1-", 0],
  ["digits beyond 2^53", "1.9007199254740993", "1.9007199254740992", 1],
  ["what Maven contradicts itself on: a pre-release below the release", "1.0.alpha.1", "1", -1],
  ["what Maven contradicts itself on: a pre-release below a service pack", "1.0.alpha.1", "1-sp", -1],
  ["what Maven contradicts itself on: zeros between hyphens", "1-0-alpha", "1-alpha", 0],
])("orders %s", (_, left, right, expected) => {
  expect(maven.compare(left, right)).toBe(expected);
  expect(maven.compare(right, left)).toBe(0 - expected);
});

it.each([
  ["a placeholder", "@project.version@"],
  ["a range", "[1.0,2.0)"],
  ["a union", "1.0,2.0"],
  ["a hyphen first", "-1"],
  ["a dot first", ".1"],
  ["a letter that is not ASCII", "1.0-ä"],
])("refuses %s", (_, text) => {
  expect(maven.isValid(text)).toBe(false);
  expect(() => maven.compare("1.0", text)).toThrow(/malformed maven version "/u);
});

const JARS = ["/usr/share/java/maven3-artifact.jar", "/usr/share/java/commons-lang3.jar"];
const MAVEN = "org.apache.maven.artifact.versioning.ComparableVersion";
const hasMaven = existsSync("/usr/bin/java") && JARS.every((jar) => existsSync(jar));

describe.skipIf(!hasMaven)(
  `against Maven${hasMaven ? "" : " (SKIPPED: no java with maven3-artifact)"}`,
  () => {
    it("gives the answer of Maven's own class for generated pairs", () => {
      const pairs = sample(tuple(versions(), versions()), { numRuns: 3000, seed: 399 });
      const answers = askMaven(pairs.flat());
      const wrong = pairs
        .map(([a, b], index) => ({ a, b, ours: maven.compare(a, b), theirs: answers[2 * index] }))
        .filter(({ ours, theirs }) => ours !== theirs);
      expect(wrong).toEqual([]);
    });
  },
);

/**
 * Versions in the forms in which they are published. Left out is what Maven contradicts itself on: anything behind a
 * word that stands behind a dot, or behind a word without weight.
 */
function versions() {
  const number = constantFrom("0", "1", "2", "10", "01", "00", "20240101", "99999999999999999999");
  const early = constantFrom("alpha", "a", "beta", "b", "m", "M", "RC", "cr", "SNAPSHOT");
  const late = constantFrom("sp", "jre", "android", "redhat", "x", "incubating", "pre", "_", "+", "v");
  const word = oneof(early, late);
  const release = constantFrom("RELEASE", "Final", "ga");
  const numbers = array(number, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("."));
  const tail = oneof(
    tuple(constantFrom("-", ""), word),
    tuple(constantFrom("-", ".", ""), word, number),
    tuple(constantFrom("-"), word, constantFrom("-", "."), numbers),
    tuple(constantFrom("-"), constantFrom("1", "12", "1.2")),
    constantFrom([]),
  ).map((parts) => parts.join(""));
  const behindDot = tuple(numbers, constantFrom("."), word);
  const released = tuple(numbers, constantFrom(".", "-", ""), release);
  const others = tuple(numbers, tail, constantFrom("", "", "-SNAPSHOT", "-redhat-1"));
  return oneof(behindDot, released, others, others, others).map((parts) => parts.join(""));
}

/** How each version compares to the next one. */
function askMaven(all: readonly string[]): readonly number[] {
  const signs: Readonly<Record<string, number>> = { "<": -1, "==": 0, ">": 1 };
  const output = execFileSync("java", ["-cp", JARS.join(":"), MAVEN, ...all], { encoding: "utf8" });
  return output
    .split("\n")
    .map((line) => /^ {3}\S+ (?<sign><|==|>) \S+$/u.exec(line)?.groups?.sign)
    .filter((sign) => sign !== undefined)
    .map((sign) => signs[sign] ?? Number.NaN);
}
