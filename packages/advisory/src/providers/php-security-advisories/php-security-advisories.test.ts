import { expect, it } from "vitest";
import { collect } from "../../testdata/collect.ts";

const PATH = "db/Acme/thing/2026-01-02.yaml";

function record(branches: string, more = "cve: CVE-2026-0001\n"): string {
  return `title: A title\nlink: https://example.com/a\n${more}branches:\n${branches}reference: composer://Acme/Thing\n`;
}

const branches =
  "    1.x:\n        time: 2026-01-02 00:00:00\n        versions: ['>=1.0', '<1.10']\n    2.x:\n        time: ~\n        versions: ['<=2.4']\n";

it("reads a record", async () => {
  const { advisories, details, entries } = await collect("php-security-advisories", record(branches), {
    path: PATH,
  });
  expect(entries).toBe(1);
  expect(advisories).toEqual([
    {
      id: "CVE-2026-0001",
      aliases: [],
      document: "acme/thing/2026-01-02",
      ecosystem: "Packagist",
      package: "acme/thing",
      ranges: [{ introduced: "1.0", fixed: "1.10" }, { lastAffected: "2.4" }],
      status: "fixed",
      severity: "unknown",
    },
  ]);
  expect(details).toEqual([{ id: "CVE-2026-0001", title: "A title", urls: ["https://example.com/a"] }]);
});

it.each([
  ["its place", "cve: ~\n", "acme/thing/2026-01-02", PATH],
  ["the name of its file", "cve: null\n", "CVE-2026-0002", "Acme/thing/CVE-2026-0002.yaml"],
])("calls a record without a CVE by %s", async (_, more, id, path) => {
  const { advisories } = await collect("php-security-advisories", record(branches, more), { path });
  expect(advisories.map((one) => one.id)).toEqual([id]);
});

it("knows GitHub's name of it by the link", async () => {
  const text = record(branches).replace(
    "https://example.com/a",
    "https://github.com/a/b/security/advisories/GHSA-aaaa-bbbb-cccc",
  );
  const { advisories } = await collect("php-security-advisories", text, { path: PATH });
  expect(advisories).toMatchObject([{ id: "CVE-2026-0001", aliases: ["GHSA-aaaa-bbbb-cccc"] }]);
});

it.each([
  ["a beginning outside", "['>1.0', '<2.0']", { introduced: "1.0-patch-dev", fixed: "2.0" }],
  ["an end only", "['<2.0']", { fixed: "2.0" }],
  ["one version", "['=2.0']", { introduced: "2.0", lastAffected: "2.0" }],
])("makes a range of %s", async (_, versions, range) => {
  const { advisories } = await collect(
    "php-security-advisories",
    record(`    a:\n        versions: ${versions}\n`),
  );
  expect(advisories.map(({ ranges }) => ranges)).toEqual([[range]]);
});

it("keeps the branches beside one that cannot be read", async () => {
  const text = record(`    0.x:\n        versions: ['~1']\n${branches}`);
  const { advisories, malformed } = await collect("php-security-advisories", text, { path: PATH });
  expect([advisories[0]?.ranges.length, malformed.length]).toEqual([2, 1]);
});

it.each([
  ["no package", "title: a\n", "expected a reference"],
  ["a package of something else", "reference: npm://a/b\n", "expected a reference"],
  ["no branches", "reference: composer://a/b\n", "expected affected versions"],
  ["a list", "- a\n", "expected an object"],
])("counts a record with %s", async (_, text, reason) => {
  const { advisories, malformed } = await collect("php-security-advisories", text);
  expect([advisories, malformed]).toEqual([[], [expect.stringContaining(reason)]]);
});
