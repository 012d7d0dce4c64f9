import type { Scope } from "@pratique/core";
import { expect, it } from "vitest";
import { draftOf, everywhere, scopeOf } from "./scope-draft.ts";

it.each<[Scope]>([
  [{}],
  [{ hosts: ["web-*", "db-1"] }],
  [{ labels: { env: ["test", "dev"], team: ["a"] } }],
  [{ hosts: ["a"], registries: ["ghcr.io/acme/*"] }],
])("reads %j as it writes it", (scope) => {
  expect(scopeOf(draftOf(scope))).toEqual(scope);
});

it.each([
  ["a label without values", [{ id: "x", key: "env", values: " , " }]],
  ["values without a label", [{ id: "x", key: "", values: "test" }]],
  [
    "a label twice",
    [
      { id: "x", key: "env", values: "a" },
      { id: "x", key: " env", values: "b" },
    ],
  ],
])("does not take %s for everything", (_, labels) => {
  expect(scopeOf({ ...everywhere, labels })).toBeUndefined();
});

it("passes over a row that is empty", () => {
  expect(scopeOf({ ...everywhere, labels: [{ id: "x", key: " ", values: "" }] })).toEqual({});
});
