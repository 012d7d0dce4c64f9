import { expect, it } from "vitest";
import { collect } from "../../testdata/collect.ts";

function record(lines: string, versions = 'patched = [">= 1.2.3"]'): string {
  const head = 'id = "RUSTSEC-2026-0001"\npackage = "crate-a"\ndate = "2026-01-02"\n';
  return `\`\`\`toml\n[advisory]\n${head}${lines}\n[versions]\n${versions}\n\`\`\`\n\n# A title\n\nSome words.\n`;
}

it("reads a record", async () => {
  const text = record(
    [
      'aliases = ["CVE-2026-0001", "GHSA-aaaa-bbbb-cccc"] # a comment',
      'cvss = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"',
      "url = 'https://example.org/a'",
      "yanked = true",
      'functions = { "crate_a::f" = ["< 1.2.3"] }',
    ].join("\n"),
  );
  const { advisories, details, entries, malformed } = await collect("rustsec", text);
  expect([entries, malformed]).toEqual([1, []]);
  expect(advisories).toEqual([
    {
      id: "CVE-2026-0001",
      aliases: ["RUSTSEC-2026-0001", "GHSA-aaaa-bbbb-cccc"],
      document: "RUSTSEC-2026-0001",
      ecosystem: "crates.io",
      package: "crate-a",
      ranges: [{ fixed: "1.2.3" }],
      status: "fixed",
      severity: "high",
      cvss: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
    },
  ]);
  expect(details).toEqual([
    {
      id: "CVE-2026-0001",
      title: "A title",
      description: "Some words.",
      severity: "high",
      published: "2026-01-02",
      urls: ["https://example.org/a"],
    },
  ]);
});

it.each([
  ["no safe version", "patched = []", [{}]],
  [
    "a branch and a release",
    'patched = [">= 0.12.3, < 0.13.0", ">= 0.13.1"]',
    [{ fixed: "0.12.3" }, { introduced: "0.13.0", fixed: "0.13.1" }],
  ],
  [
    "versions from before",
    'patched = [">= 2"]\nunaffected = ["< 1.0.5"]',
    [{ introduced: "1.0.5", fixed: "2" }],
  ],
  ["a last version from before", 'patched = []\nunaffected = ["<= 1.2"]', [{ introduced: "1.2.1-0" }]],
  ["versions from after", 'patched = ["> 2.0.0-beta.1"]', [{ lastAffected: "2.0.0-beta.1" }]],
  [
    "a caret",
    'patched = ["^1.2.3", "2"]',
    [{ fixed: "1.2.3" }, { introduced: "2.0.0-0", fixed: "2" }, { introduced: "3.0.0-0" }],
  ],
  [
    "a caret below one",
    'patched = ["^0.9.1", ">= 0.10"]',
    [{ fixed: "0.9.1" }, { introduced: "0.10.0-0", fixed: "0.10" }],
  ],
  ["a caret at nothing", 'patched = ["^0.0.3"]', [{ fixed: "0.0.3" }, { introduced: "0.0.4-0" }]],
  [
    "a tilde",
    'patched = ["~1.2.3", ">= 1.4"]',
    [{ fixed: "1.2.3" }, { introduced: "1.3.0-0", fixed: "1.4" }],
  ],
  ["one version", 'patched = ["=1.2.3"]', [{ fixed: "1.2.3" }, { introduced: "1.2.4-0" }]],
  [
    "a list over several lines",
    'patched = [\n  ">= 1.0.2, < 2", # the old branch\n  ">= 2.1",\n]',
    [{ fixed: "1.0.2" }, { introduced: "2", fixed: "2.1" }],
  ],
])("makes ranges of %s", async (_, versions, ranges) => {
  const { advisories, malformed } = await collect("rustsec", record("", versions));
  expect(malformed).toEqual([]);
  expect(advisories.map((one) => one.ranges)).toEqual([ranges]);
});

it.each([
  ["unmaintained", "negligible"],
  ["unsound", "low"],
])("does not make a vulnerability of what is %s", async (informational, severity) => {
  const { advisories } = await collect(
    "rustsec",
    record(`informational = "${informational}"`, "patched = []"),
  );
  expect(advisories).toMatchObject([{ severity, note: informational, status: "affected" }]);
});

it.each([
  ["withdrawn", record('withdrawn = "2026-02-01"')],
  ["in which every version is safe", record("", 'patched = ["*"]')],
])("passes over a record %s", async (_, text) => {
  const { advisories, ignored, malformed, entries } = await collect("rustsec", text);
  expect([advisories, ignored.length, malformed, entries]).toEqual([[], 1, [], 1]);
});

it.each([
  ["no TOML", "# A title\n", "expected TOML"],
  ["TOML without an end", '```toml\n[advisory]\nid = "a"\n', "expected the end"],
  ["no package", "```toml\n[advisory]\nid = 'a'\n```\n", "expected an id and a package"],
  ["a requirement of something else", record("", 'patched = ["~> 1.2"]'), "expected requirements of Cargo"],
  ["a text over several lines", record('x = """a'), "line 6"],
  ["a list without an end", record("x = ["), "expected a text or a list"],
  ["a list of lists", record('x = [["a"]]'), "expected a text or a list"],
  ["a bad escape", record(String.raw`x = "\z"`), "expected a text"],
  ["a line that is none", record("nonsense"), "expected a key"],
])("counts a record with %s", async (_, text, reason) => {
  const { advisories, malformed } = await collect("rustsec", text);
  expect([advisories, malformed]).toEqual([[], [expect.stringContaining(reason)]]);
});

it("takes little time for a list that never ends", async () => {
  const start = process.hrtime.bigint();
  await collect("rustsec", record(`x = [\n${'"a",\n'.repeat(10_000)}`));
  expect(Number(process.hrtime.bigint() - start) / 1e6).toBeLessThan(2000);
});
