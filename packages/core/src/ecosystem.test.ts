import { expect, it } from "vitest";
import { ecosystemOfDistro } from "./ecosystem.ts";

it.each([
  ["debian", "12.5", "Debian:12"],
  ["debian", "13", "Debian:13"],
  ["alpine", "3.20.3", "Alpine:v3.20"],
  ["ubuntu", "24.04", "Ubuntu:24.04"],
  ["debian", "", undefined],
  ["debian", "bookworm/sid", undefined],
  ["slackware", "15.0", undefined],
])("judges %s %s in %s", (id, version, expected) => {
  expect(ecosystemOfDistro({ id, version })).toBe(expected);
});
