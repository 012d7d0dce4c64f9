import { assert, property, string } from "fast-check";
import { expect, it } from "vitest";
import { matchesGlob } from "./glob.ts";

it.each([
  ["launch.*", "launch.denied", true],
  ["*", "", true],
  ["*", "anything", true],
  ["", "", true],
  ["", "a", false],
  ["a?c", "abc", true],
  ["a?c", "ac", false],
  ["*.new", "finding.new", true],
  ["*.new", "finding.newer", false],
  ["a*b*c", "a1b2b3c", true],
  ["a*b*c", "a1b2b3", false],
  ["prod-*-eu", "prod-a-b-eu", true],
  ["a.c", "abc", false],
  ["[ab]", "a", false],
])("%j and %j: %s", (pattern, text, expected) => {
  expect(matchesGlob(pattern, text)).toBe(expected);
});

it("matches each text without stars to itself, and between any two stars", () => {
  assert(
    property(string(), (text) => matchesGlob(text.replaceAll(/[*?]/gu, "x"), text.replaceAll(/[*?]/gu, "x"))),
  );
  assert(property(string(), string(), string(), (a, b, c) => matchesGlob(`*${b}*`, `${a}${b}${c}`)));
});

it("is not slow for a pattern made to be", () => {
  expect(matchesGlob("*a".repeat(100), "a".repeat(10_000).concat("b"))).toBe(false);
});
