import type { Scope } from "@pratique/core";
import { expect, it } from "vitest";
import { grantWords, scopeWords, splitPatterns } from "./scope-words.ts";

it.each<[Scope, string]>([
  [{}, "everywhere"],
  [{ hosts: ["web-1"] }, "on the hosts web-1"],
  [{ hosts: ["web-*", "db-1"] }, "on the hosts web-* or db-1"],
  [{ labels: { env: ["test", "dev"] } }, "on hosts with env test or dev"],
  [{ labels: { env: ["test"], team: ["a"] } }, "on hosts with env test and team a"],
  [{ registries: ["ghcr.io/acme/*"] }, "for images from ghcr.io/acme/*"],
  [
    { hosts: ["web-*"], labels: { env: ["test"] }, registries: ["a/*", "b/*"] },
    "on the hosts web-* with env test, and there only for images from a/* or b/*",
  ],
])("says %j in words", (scope, words) => {
  expect(scopeWords(scope)).toBe(words);
});

it("says a grant as a sentence", () => {
  expect(grantWords("ann", "operator", {}, null)).toBe("ann is operator everywhere.");
  expect(grantWords("ann", "viewer", { hosts: ["a"] }, "2027-01-02T00:00:00Z")).toBe(
    "ann is viewer on the hosts a, until 2027-01-02.",
  );
});

it("splits patterns at commas and line ends", () => {
  expect(splitPatterns(" a, b\n\nc* ,")).toEqual(["a", "b", "c*"]);
  expect(splitPatterns(" \n")).toEqual([]);
});
