import { expect, it } from "vitest";
import { generic } from "./generic.ts";

it.each([
  ["a release of OpenSSL before its first letter", "1.1.1", "1.1.1a", -1],
  ["letters of OpenSSL", "1.1.1k", "1.1.1w", -1],
  ["two letters of OpenSSL above one", "1.0.2z", "1.0.2zb", -1],
  ["the next release above a letter", "1.1.1w", "1.1.2", -1],
  ["a pre-release of OpenSSL below its release", "3.0.0-beta2", "3.0.0", -1],
  ["a flavour of a letter as that letter", "1.0.2k-fips", "1.0.2k", 0],
  ["patches of OpenSSH", "9.9p1", "9.9p2", -1],
  ["patches by value", "9.9p2", "9.9p10", -1],
  ["a patch above its release", "9.9", "9.9p1", -1],
  ["a patch behind a hyphen", "9.18.1-P1", "9.18.1", 1],
  ["a letter of ProFTPD", "1.3.8", "1.3.8c", -1],
  ["a candidate of Python below its release", "3.13.0rc1", "3.13.0", -1],
  ["an alpha below a beta", "3.13.0a6", "3.13.0b1", -1],
  ["a short word as the long one", "3.13.0a1", "3.13.0-alpha1", 0],
  ["candidates by value", "1.27.0-rc.2", "1.27.0rc10", -1],
  ["words in any case", "8.9.0-DEV", "8.9.0-dev", 0],
  ["a fourth number", "21.0.13", "21.0.13.1", -1],
  ["an update of old Java", "1.8.0_202", "1.8.0_1000", -1],
  ["a missing number as zero", "17", "17.0.0", 0],
  ["two numbers of PostgreSQL", "9.6.24", "16.1", -1],
  ["a bound of Bitnami below all of the release", "1.21.0-0", "1.21.0-rc1", -1],
  ["builds alike", "3.0.13+quic", "3.0.13", 0],
  ["digits beyond 2^53", "1.9007199254740993", "1.9007199254740992", 1],
] as const)("orders %s", (_, left, right, expected) => {
  expect(generic.compare(left, right)).toBe(expected);
  expect(generic.compare(right, left)).toBe(0 - expected);
});

it.each(["latest", "r35 p1", "1.x", "1.2.", "^1.2", "1.2.3-", "*", "1..2"])("refuses %j", (text) => {
  expect(generic.isValid(text)).toBe(false);
  expect(() => generic.compare("1.0.0", text)).toThrow(/malformed generic version "/u);
});
