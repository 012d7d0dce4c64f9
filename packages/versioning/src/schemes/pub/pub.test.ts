import { expect, it } from "vitest";
import { pub } from "./pub.ts";

it.each([
  ["numbers by value", "1.9.0", "1.10.0", -1],
  ["a pre-release below its release", "2.0.0-nullsafety.0", "2.0.0", -1],
  ["a build above its release", "1.0.0", "1.0.0+1", -1],
  ["builds by their numbers", "1.0.0+9", "1.0.0+10", -1],
  ["a number below a word in a build", "1.0.0+900", "1.0.0+a", -1],
  ["a build of a pre-release below the release", "1.0.0-dev+5", "1.0.0", -1],
  ["more identifiers above fewer", "1.0.0+1", "1.0.0+1.0", -1],
  ["a bound that stops short", "1.2", "1.2.0", 0],
  ["numbers beyond 2^53", "1.0.18446744073709551617", "1.0.18446744073709551618", -1],
] as const)("orders %s", (_, left, right, expected) => {
  expect(pub.compare(left, right)).toBe(expected);
});

it.each(["any", "^1.0.0", "1.0.0+", "1.0.0-", "1.0.0.0", "1.0.0+a..b", ">=1.0.0"])("refuses %j", (text) => {
  expect(pub.isValid(text)).toBe(false);
});
