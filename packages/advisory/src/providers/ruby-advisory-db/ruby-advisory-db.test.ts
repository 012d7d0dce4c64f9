import { expect, it } from "vitest";
import { collect } from "../../testdata/collect.ts";

function record(lines: string): string {
  return `---\ngem: rack\ncve: 2026-0001\nghsa: aaaa-bbbb-cccc\ntitle: A title\ndate: 2026-01-02\nurl: https://example.com/a\n${lines}`;
}

it("reads a record", async () => {
  const text = record('cvss_v2: 4.0\ncvss_v3: 7.5\npatched_versions:\n  - ">= 2.3.0"\n');
  const { advisories, details, entries, malformed } = await collect("ruby-advisory-db", text);
  expect([entries, malformed]).toEqual([1, []]);
  expect(advisories).toEqual([
    {
      id: "CVE-2026-0001",
      aliases: ["GHSA-aaaa-bbbb-cccc"],
      document: "CVE-2026-0001",
      ecosystem: "RubyGems",
      package: "rack",
      ranges: [{ fixed: "2.3.0" }],
      status: "fixed",
      severity: "high",
    },
  ]);
  expect(details).toMatchObject([{ id: "CVE-2026-0001", title: "A title", published: "2026-01-02" }]);
});

it.each([
  ["no safe version", [], [], [{}]],
  [
    "a branch and a release",
    ["~> 2.3.4", ">= 2.5.1"],
    [],
    [{ fixed: "2.3.4" }, { introduced: "2.4.A", fixed: "2.5.1" }],
  ],
  [
    "branches in any order",
    [">= 3.1", "~> 2.2.1"],
    [],
    [{ fixed: "2.2.1" }, { introduced: "2.3.A", fixed: "3.1" }],
  ],
  ["a branch of two numbers", ["~> 2.3"], [], [{ fixed: "2.3" }, { introduced: "3.A" }]],
  ["two comparisons", ["~> 1.2.0, >= 1.2.5"], [], [{ fixed: "1.2.5" }, { introduced: "1.3.A" }]],
  ["versions from before", [">= 3"], ["< 2"], [{ introduced: "2", fixed: "3" }]],
  ["a last version from before", [">= 3"], ["<= 2"], [{ introduced: "2.0.0.0.1", fixed: "3" }]],
  ["versions from after", [], ["> 2"], [{ lastAffected: "2" }]],
  ["one version", ["= 2"], [], [{ fixed: "2" }, { introduced: "2.0.0.0.1" }]],
  ["stretches that overlap", [">= 2", "~> 2.4"], ["< 1", "< 1.5"], [{ introduced: "1.5", fixed: "2" }]],
  ["an empty stretch", ["> 3, < 2", ">= 4"], [], [{ fixed: "4" }]],
] as const)("makes ranges of %s", async (_, patched, unaffected, ranges) => {
  const text = record(
    JSON.stringify({}).slice(2) +
      `patched_versions: ${JSON.stringify(patched)}\nunaffected_versions: ${JSON.stringify(unaffected)}\n`,
  );
  const { advisories } = await collect("ruby-advisory-db", text);
  expect(advisories.map((one) => one.ranges)).toEqual([ranges]);
});

it.each([
  ["no gem", "cve: 2026-0001\n", "expected the name of a gem"],
  ["no identifier", "gem: a\n", "expected a CVE"],
  [
    "a requirement of something else",
    'gem: a\ncve: 2026-0001\npatched_versions: ["^1.2"]\n',
    "expected requirements",
  ],
  ["a list", "- a\n", "expected an object"],
  ["YAML that grows", "a: &a [1]\nb: [*a, *a]\n", ""],
])("counts a record with %s", async (_, text, reason) => {
  const { advisories, malformed } = await collect("ruby-advisory-db", text);
  expect([advisories, malformed]).toEqual([[], [expect.stringContaining(reason)]]);
});

it.each([
  ["about Ruby itself", "engine: ruby\ncve: 2026-0001\n"],
  ["in which every version is safe", record('patched_versions: [">= 0", "< 1"]\n')],
])("passes over a record %s", async (_, text) => {
  const { advisories, ignored, malformed, entries } = await collect("ruby-advisory-db", text);
  expect([advisories, ignored.length, malformed, entries]).toEqual([[], 1, [], 1]);
});
