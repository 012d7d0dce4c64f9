import { expect, it } from "vitest";
import { nuget } from "./nuget.ts";

it.each([
  ["numbers by value", "1.9.0", "1.10.0", -1],
  ["missing numbers as zero", "1.0", "1.0.0.0", 0],
  ["a single number", "1", "1.0.0", 0],
  ["the fourth number", "1.0.0", "1.0.0.1", -1],
  ["leading zeros without weight", "1.0.01", "1.0.1.0", 0],
  ["a label below the release", "1.0.0-beta", "1.0.0", -1],
  ["labels without regard to case", "1.0.0-BETA", "1.0.0-beta", 0],
  ["labels by text", "1.0.0-beta", "1.0.0-rc", -1],
  ["digits inside a word by text", "1.0.0-beta10", "1.0.0-beta2", -1],
  ["labels that are numbers by value", "1.0.0-beta.9", "1.0.0-beta.10", -1],
  ["numbers below words", "1.0.0-9", "1.0.0-a", -1],
  ["fewer labels below more", "1.0.0-beta", "1.0.0-beta.1", -1],
  ["metadata without weight", "1.0.0+a", "1.0.0+b", 0],
  ["metadata after labels without weight", "1.0.0-rc.1+a", "1.0.0-rc.1", 0],
  ["leading zeros of labels without weight", "1.0.0-01", "1.0.0-1", 0],
  ["a label with a sign as a number", "1.0.0--5", "1.0.0-3", -1],
  ["a sign alone as a word", "1.0.0--", "1.0.0-3", 1],
  ["the largest number below what is a word for its size", "1.0.0-2147483647", "1.0.0-2147483648", -1],
  ["words of digits by text", "1.0.0-10000000000", "1.0.0-9999999999", -1],
  ["a date with a time above a number", "17.2.0-20220408110000", "17.2.0-11", 1],
  ["digits beyond 2^53 before the label", "1.9007199254740993.0", "1.9007199254740992.0", 1],
])("orders %s", (_, left, right, expected) => {
  expect(nuget.compare(left, right)).toBe(expected);
  expect(nuget.compare(right, left)).toBe(0 - expected);
});

it.each([
  ["a word", "latest"],
  ["five numbers", "1.2.3.4.5"],
  ["a floating version", "1.*"],
  ["a range", "[1.0,2.0)"],
  ["an empty label", "1.0.0-a..b"],
  ["nothing after the hyphen", "1.0.0-"],
  ["nothing after the plus", "1.0.0+"],
  ["an underscore", "1.0.0-a_b"],
  ["a leading v", "v1.0.0"],
])("refuses %s", (_, text) => {
  expect(nuget.isValid(text)).toBe(false);
  expect(() => nuget.compare("1.0.0", text)).toThrow(/malformed nuget version "/u);
});
