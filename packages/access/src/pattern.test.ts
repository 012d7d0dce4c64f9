import { array, assert, constantFrom, property } from "fast-check";
import { expect, it } from "vitest";
import { containsPattern, fitsPattern } from "./pattern.ts";

it.each([
  ["web-*", "web-1", true],
  ["web-*", "web-", true],
  ["web-*", "db-web-1", false],
  ["*", "", true],
  ["", "", true],
  ["", "a", false],
  ["a*b*c", "aXbYbc", true],
  ["a*b*c", "aXbYb", false],
  ["ghcr.io/acme/*", "ghcr.io/acme/app", true],
  ["ghcr.io/acme/*", "ghcr.io/acme", false],
  ["a.c", "abc", false],
  ["**", "anything", true],
])("%j takes %j: %j", (pattern, text, expected) => {
  expect(fitsPattern(pattern, text)).toBe(expected);
});

it("takes no longer for a hostile pattern", () => {
  expect(fitsPattern(`${"a*".repeat(250)}b`, "a".repeat(10_000))).toBe(false);
});

const letters = array(constantFrom("a", "b"), { maxLength: 8 }).map((parts) => parts.join(""));
const patterns = array(constantFrom("a", "b", "*"), { maxLength: 6 }).map((parts) => parts.join(""));

it("is what the regular expression of the pattern takes", () => {
  assert(
    property(patterns, letters, (pattern, text) => {
      const expression = new RegExp(`^${pattern.replaceAll("*", ".*")}$`, "u");
      return fitsPattern(pattern, text) === expression.test(text);
    }),
  );
});

it("says that a pattern contains another only where everything that fits the one fits the other", () => {
  assert(
    property(patterns, patterns, letters, (outer, inner, text) => {
      return !containsPattern(outer, inner) || !fitsPattern(inner, text) || fitsPattern(outer, text);
    }),
  );
});

it.each([
  ["*", "web-*", true],
  ["web-*", "web-1*", true],
  ["web-1", "web-1", true],
  ["web-1", "web-*", false],
  ["web-*", "*", false],
  ["web-\u0000", "web-*", false],
])("%j contains %j: %j", (outer, inner, expected) => {
  expect(containsPattern(outer, inner)).toBe(expected);
});
