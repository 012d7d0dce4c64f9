import type { Resource, Scope } from "@pratique/core";
import { array, assert, constantFrom, dictionary, property, record } from "fast-check";
import { expect, it } from "vitest";
import { containsScope, covers } from "./scope.ts";

const host = (name: string, labels: Record<string, string> = {}): Resource => ({ hosts: [{ name, labels }] });

it.each<[string, Scope, Resource, boolean]>([
  ["everything covers what belongs to the installation", {}, {}, true],
  ["everything covers a host", {}, host("web-1"), true],
  ["a limit on hosts covers a host of that name", { hosts: ["web-*"] }, host("web-1"), true],
  ["a limit on hosts covers no other", { hosts: ["web-*"] }, host("db-1"), false],
  ["a limit on hosts covers nothing of the installation", { hosts: ["*"] }, {}, false],
  ["a limit on registries covers no host", { registries: ["*"] }, host("web-1"), false],
  [
    "a limit on labels covers a host with one",
    { labels: { env: ["test", "dev"] } },
    host("a", { env: "dev" }),
    true,
  ],
  ["a limit on labels covers no host without", { labels: { env: ["*"] } }, host("a"), false],
  ["each label must fit", { labels: { env: ["a"], team: ["b"] } }, host("x", { env: "a", team: "c" }), false],
  ["a label of the language itself is none", { labels: { constructor: ["*"] } }, host("a"), false],
  [
    "name and label must fit the same host",
    { hosts: ["a"], labels: { env: ["test"] } },
    {
      hosts: [
        { name: "a", labels: {} },
        { name: "b", labels: { env: "test" } },
      ],
    },
    false,
  ],
  [
    "one of the hosts is enough",
    { hosts: ["b"] },
    {
      hosts: [
        { name: "a", labels: {} },
        { name: "b", labels: {} },
      ],
    },
    true,
  ],
  ["a repository fits", { registries: ["ghcr.io/acme/*"] }, { repositories: ["ghcr.io/acme/app"] }, true],
  ["no repository fits", { registries: ["ghcr.io/acme/*"] }, { repositories: ["ghcr.io/other/app"] }, false],
  ["a part of the fleet lies in a wider one", { hosts: ["web-*"] }, { within: { hosts: ["web-1"] } }, true],
  ["labels that ask for nothing lie in no limit", {}, { within: { labels: {} } }, true],
  ["no limit lies in labels that ask for nothing, but for a host", { labels: {} }, { within: {} }, false],
  ["any host lies in labels that ask for nothing", { labels: {} }, { within: { hosts: ["*"] } }, true],
  ["a part of the fleet is wider", { hosts: ["web-1"] }, { within: { hosts: ["web-*"] } }, false],
])("%s", (_, scope, resource, expected) => {
  expect(covers(scope, resource)).toBe(expected);
});

const patterns = array(constantFrom("a", "b", "a*", "*"), { minLength: 1, maxLength: 2 });
const scopes = record(
  {
    hosts: patterns,
    labels: dictionary(constantFrom("k", "l"), patterns, { maxKeys: 2 }),
    registries: patterns,
  },
  { requiredKeys: [] },
);
const texts = constantFrom("a", "b", "ab");
const resources = record(
  {
    hosts: array(record({ name: texts, labels: dictionary(constantFrom("k", "l"), texts, { maxKeys: 2 }) }), {
      maxLength: 2,
    }),
    repositories: array(texts, { maxLength: 2 }),
  },
  { requiredKeys: [] },
);

it("says that a scope contains another only where it covers all that the other covers", () => {
  assert(
    property(scopes, scopes, resources, (outer, inner, resource) => {
      return !containsScope(outer, inner) || !covers(inner, resource) || covers(outer, resource);
    }),
    { numRuns: 1000, examples: [[{ labels: {} }, {}, { repositories: ["a"] }]] },
  );
});

it("contains itself, and lies in everything", () => {
  assert(property(scopes, (scope) => containsScope(scope, scope) && containsScope({}, scope)));
});
