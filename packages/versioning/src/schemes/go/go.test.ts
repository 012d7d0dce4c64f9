import { expect, it } from "vitest";
import { go } from "./go.ts";

it.each([
  ["numbers by value", "v1.9.0", "v1.10.0", -1],
  ["with and without v", "v1.2.3", "1.2.3", 0],
  ["a pre-release below its release", "v1.2.3-rc.1", "v1.2.3", -1],
  ["a pseudo-version before the next patch", "v1.2.4-0.20240101120000-abcdef123456", "v1.2.4", -1],
  ["a pseudo-version after the tag before", "v1.2.4-0.20240101120000-abcdef123456", "v1.2.3", 1],
  [
    "pseudo-versions by their time",
    "v0.0.0-20230101000000-ffffffffffff",
    "v0.0.0-20240101000000-000000000000",
    -1,
  ],
  ["+incompatible without weight", "v2.0.0+incompatible", "2.0.0", 0],
  ["short bounds", "1.22", "1.22.0", 0],
  ["digits beyond 2^53", "v0.9007199254740993.0", "v0.9007199254740992.0", 1],
  ["the toolchain with and without its word", "go1.22.3", "1.22.3", 0],
  ["a candidate of the toolchain as advisories write it", "go1.22rc1", "1.22.0-rc.1", 0],
  ["a candidate without the word", "1.22rc1", "1.22.0-rc.1", 0],
  ["a beta below a candidate", "go1.22beta2", "go1.22rc1", -1],
  ["candidates by number", "go1.22rc10", "go1.22rc9", 1],
  ["the bound below all candidates", "1.22.0-0", "go1.22beta1", -1],
  ["a candidate below its release", "go1.22rc1", "go1.22.0", -1],
  ["a vendor's toolchain like its release", "go1.21.3-vendor", "1.21.3", 0],
  ["a vendor's words like the release", "go1.26.5 (Red Hat 1.26.5-1.el9)", "1.26.5", 0],
  ["an experiment like the release", "go1.22.1 X:boringcrypto", "1.22.1", 0],
  ["a boring build like its release", "go1.18.3b7", "1.18.3", 0],
])("orders %s", (_, left, right, expected) => {
  expect(go.compare(left, right)).toBe(expected);
  expect(go.compare(right, left)).toBe(0 - expected);
});

it.each([
  "(devel)",
  "devel go1.23-abcdef12",
  "go",
  "v",
  "v1.2.3-",
  "v1.2.3-a..b",
  "v1.2.3+",
  "v1.x",
  "go1.22rc",
  "1.22 x",
])("refuses %s", (text) => {
  expect(go.isValid(text)).toBe(false);
  expect(() => go.compare("v1.0.0", text)).toThrow(/malformed go version "/u);
});
