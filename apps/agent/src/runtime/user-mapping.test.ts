import { expect, it } from "vitest";
import { parseUserMapping, userMappingOf } from "./user-mapping.ts";

it("is the user himself where there is no namespace of users", () => {
  const mapping = parseUserMapping("         0          0 4294967295\n");
  expect([mapping(0), mapping(1000)]).toEqual([0, 1000]);
});

it("is who the host's user is inside, by any of the ranges, and nobody beyond them", () => {
  const mapping = parseUserMapping("0 100000 1000\n1000 1000 1\n1001 101001 64535\n");
  const users = [100_000, 100_999, 101_000, 1000, 101_001, 0, 165_536];
  expect(users.map(mapping)).toEqual([0, 999, undefined, 1000, 1001, undefined, undefined]);
});

it("is the user himself of a process that has ended", () => {
  expect(userMappingOf(2 ** 30)(1000)).toBe(1000);
});
