import { describe, expect, it } from "vitest";
import { collect } from "../../testdata/collect.ts";
import { osvRange, osvRecord } from "../../testdata/feeds.ts";

async function rangesOf(events: readonly object[], more: Readonly<Record<string, unknown>> = {}) {
  const { advisories } = await collect("osv", JSON.stringify(osvRange(events, more)));
  return advisories[0]?.ranges;
}

it("calls a record by its CVE, and keeps its own id as document and alias", async () => {
  const { advisories, details, entries } = await collect("osv", JSON.stringify(osvRecord()));
  expect(entries).toBe(1);
  expect(advisories).toEqual([
    {
      id: "CVE-2023-0001",
      aliases: ["GHSA-aaaa-bbbb-cccc"],
      document: "GHSA-aaaa-bbbb-cccc",
      ecosystem: "npm",
      package: "left-pad",
      ranges: [{ fixed: "1.3.1" }],
      status: "fixed",
      severity: "unknown",
    },
  ]);
  expect(details).toEqual([
    {
      id: "CVE-2023-0001",
      title: "A name of a thing",
      description: "More words about the thing.",
      published: "2023-01-01T00:00:00Z",
      urls: ["https://example.com/thing"],
    },
  ]);
});

it.each([
  ["no alias", { aliases: [] }, "GHSA-aaaa-bbbb-cccc", []],
  [
    "two CVEs",
    { aliases: ["CVE-2023-1111", "CVE-2023-2222"] },
    "CVE-2023-1111",
    ["GHSA-aaaa-bbbb-cccc", "CVE-2023-2222"],
  ],
  [
    "a distribution's view of a CVE",
    { id: "DEBIAN-CVE-2024-3094", aliases: [] },
    "CVE-2024-3094",
    ["DEBIAN-CVE-2024-3094"],
  ],
  ["a CVE upstream", { aliases: [], upstream: ["CVE-2023-3333"] }, "GHSA-aaaa-bbbb-cccc", []],
  ["a related CVE", { aliases: [], related: ["CVE-2023-3333"] }, "GHSA-aaaa-bbbb-cccc", []],
])("names a record with %s", async (_, more, id, aliases) => {
  const { advisories } = await collect("osv", JSON.stringify(osvRecord(more)));
  expect(advisories[0]).toMatchObject({ id, aliases });
});

it.each([
  ["from the start", [{ introduced: "0" }, { fixed: "1.2" }], [{ fixed: "1.2" }]],
  ["without an end", [{ introduced: "1.0" }], [{ introduced: "1.0" }]],
  ["with a last one", [{ introduced: "0" }, { last_affected: "1.9" }], [{ lastAffected: "1.9" }]],
  [
    "by turns",
    [{ introduced: "0" }, { fixed: "1.2" }, { introduced: "2.0" }, { fixed: "2.3" }, { introduced: "3.0" }],
    [{ fixed: "1.2" }, { introduced: "2.0", fixed: "2.3" }, { introduced: "3.0" }],
  ],
  [
    "in two rows",
    [{ introduced: "0" }, { introduced: "2.0" }, { fixed: "1.2" }, { fixed: "2.3" }],
    [{ fixed: "1.2" }, { introduced: "2.0", fixed: "2.3" }],
  ],
  [
    "with an end that both words name",
    [{ introduced: "1.0" }, { fixed: "1.2", last_affected: "1.1" }],
    [{ introduced: "1.0", fixed: "1.2" }],
  ],
])("reads events %s", async (_, events, expected) => {
  expect(await rangesOf(events)).toEqual(expected);
});

it.each([
  ["<= 1.4.2", [{ lastAffected: "1.4.2" }]],
  ["< 1.5.0", [{ fixed: "1.5.0" }]],
  [">= 1.0, <= 1.4.2", [{ lastAffected: "1.4.2" }]],
  ["all of them", [{}]],
])("closes an open range by what is known last: %s", async (known, expected) => {
  const more = { database_specific: { last_known_affected_version_range: known } };
  expect(await rangesOf([{ introduced: "0" }], more)).toEqual(expected);
});

it("does not touch a range that has an end", async () => {
  const more = { database_specific: { last_known_affected_version_range: "<= 9" } };
  expect(await rangesOf([{ introduced: "0" }, { fixed: "2" }], more)).toEqual([{ fixed: "2" }]);
});

it("takes a malicious package for as bad as can be, and keeps its title only", async () => {
  const record = osvRecord({
    id: "MAL-2025-1",
    aliases: [],
    affected: [{ package: { ecosystem: "npm", name: "a" }, versions: ["1.0.0"] }],
  });
  const { advisories, details } = await collect("osv", JSON.stringify(record));
  expect(advisories).toMatchObject([{ id: "MAL-2025-1", severity: "critical", versions: ["1.0.0"] }]);
  expect(details).toEqual([{ id: "MAL-2025-1", title: "A name of a thing", severity: "critical" }]);
});

it("keeps lists of versions, and leaves commits out", async () => {
  const record = osvRecord({
    affected: [
      {
        package: { ecosystem: "pypi", name: "Zope.Interface" },
        ranges: [{ type: "GIT", repo: "https://example.com", events: [{ introduced: "0" }] }],
        versions: ["1.0", "1.1"],
      },
    ],
  });
  const { advisories } = await collect("osv", JSON.stringify(record));
  expect(advisories).toMatchObject([
    {
      ecosystem: "PyPI",
      package: "zope-interface",
      ranges: [],
      versions: ["1.0", "1.1"],
      status: "affected",
    },
  ]);
});

it("joins what a record says of one package in several places", async () => {
  const part = (events: readonly object[]) => ({
    package: { ecosystem: "npm", name: "a" },
    ranges: [{ type: "SEMVER", events }],
  });
  const affected = [part([{ introduced: "1.0.0" }]), part([{ introduced: "0" }, { fixed: "0.9.1" }])];
  const { advisories } = await collect("osv", JSON.stringify(osvRecord({ affected })));
  expect(advisories).toMatchObject([
    { ranges: [{ introduced: "1.0.0" }, { fixed: "0.9.1" }], status: "fixed" },
  ]);
});

it.each([
  ["Ubuntu:22.04:LTS", "Ubuntu:22.04"],
  ["NPM", "npm"],
  ["golang", "Go"],
  ["Alpine:v3.18", "Alpine:v3.18"],
  ["Rocky Linux:9", "Rocky Linux:9"],
  ["Something new", "Something new"],
])("spells the ecosystem %s as %s", async (ecosystem, expected) => {
  const affected = [{ package: { ecosystem, name: "a" }, versions: ["1"] }];
  const { advisories } = await collect("osv", JSON.stringify(osvRecord({ affected })));
  expect(advisories[0]?.ecosystem).toBe(expected);
});

const v31 = { type: "CVSS_V3", score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" };
const v4 = { type: "CVSS_V4", score: "CVSS:4.0/AV:L/AC:H/AT:N/PR:L/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N" };

it.each([
  ["the score of a vector", { severity: [v31] }, "critical", v31.score],
  ["the newest vector", { severity: [v31, v4] }, "low", v4.score],
  [
    "the source's word first",
    { severity: [v31], database_specific: { severity: "MODERATE" } },
    "medium",
    v31.score,
  ],
  ["Ubuntu's word", { severity: [{ type: "Ubuntu", score: "negligible" }] }, "negligible", undefined],
  [
    "nothing that is no vector",
    { severity: [{ type: "CVSS_V3", score: "CVSS:3.1/AV:N" }] },
    "unknown",
    undefined,
  ],
  ["nothing where there is nothing", {}, "unknown", undefined],
])("rates by %s", async (_, more, severity, cvss) => {
  const { advisories } = await collect("osv", JSON.stringify(osvRecord(more)));
  expect(advisories[0]?.severity).toBe(severity);
  expect(advisories[0]?.cvss).toBe(cvss);
});

it("rates by the urgency that Debian gives to a package", async () => {
  const affected = [
    {
      package: { ecosystem: "Debian:12", name: "a" },
      versions: ["1"],
      ecosystem_specific: { urgency: "unimportant" },
    },
  ];
  const { advisories } = await collect("osv", JSON.stringify(osvRecord({ affected })));
  expect(advisories[0]?.severity).toBe("negligible");
});

it.each([
  ["withdrawn", { withdrawn: "2024-01-01T00:00:00Z" }],
  [
    "without versions, which would mean not affected",
    { affected: [{ package: { ecosystem: "npm", name: "a" } }] },
  ],
  ["about commits only", { affected: [{ ranges: [{ type: "GIT", events: [{ introduced: "0" }] }] }] }],
  ["about nothing", { affected: [] }],
])("gives nothing for a record %s", async (_, more) => {
  const { advisories, entries, ignored } = await collect("osv", JSON.stringify(osvRecord(more)));
  expect(advisories).toEqual([]);
  expect(entries).toBe(1);
  expect(ignored).toHaveLength(1);
});

const yaml = `id: PYSEC-2014-8
modified: "2024-01-01T00:00:00Z"
withdrawn:
aliases: [CVE-2014-1402]
affected:
- package: { name: jinja2, ecosystem: PyPI }
  ranges:
  - type: ECOSYSTEM
    events:
    - introduced: "0"
    - fixed: 2.10
  versions: [2.0, "2.1"]
`;
const twice = `${JSON.stringify(osvRecord())}\n${JSON.stringify(osvRecord({ id: "GHSA-2", aliases: [] }))}\n`;

it.each([
  ["YAML, whose numbers stay versions", "a.yaml", yaml, ["CVE-2014-1402"]],
  ["JSON lines", "all.jsonl", twice, ["CVE-2023-0001", "GHSA-2"]],
  ["JSON lines under another name", "all.json", twice, ["CVE-2023-0001", "GHSA-2"]],
  ["a list", "all.json", JSON.stringify([osvRecord()]), ["CVE-2023-0001"]],
])("reads %s", async (_, path, text, ids) => {
  const { advisories, malformed } = await collect("osv", text, { path });
  expect(advisories.map(({ id }) => id)).toEqual(ids);
  expect(malformed).toEqual([]);
});

it("keeps 2.10 apart from 2.1 in YAML", async () => {
  const { advisories } = await collect("osv", yaml);
  expect(advisories[0]).toMatchObject({ ranges: [{ fixed: "2.10" }], versions: ["2.0", "2.1"] });
});

it.each([
  ["half a JSON", "a.json", '{"id": "GHSA-1", "affec'],
  ["half a line", "a.jsonl", '{"id": "GHSA-1", "affec'],
  ["YAML that is none", "a.yaml", "id: [1\n  b: }"],
  ["YAML that grows", "a.yaml", "a: &a [x]\nb: [*a, *a]\nid: y\naffected: *a\n"],
  ["a record without an id", "a.json", '{"affected": []}'],
])("counts %s", async (_, path, text) => {
  const { malformed, advisories } = await collect("osv", text, { path });
  expect(malformed).toHaveLength(1);
  expect(advisories).toEqual([]);
});

it("knows a file of another kind", async () => {
  const { ignored, malformed, entries } = await collect("osv", '{"name": "a", "version": "1.0"}');
  expect([ignored.length, malformed.length, entries]).toEqual([1, 0, 0]);
});

describe("packages of Go", () => {
  const path = "golang.org/x/net/http2";
  const part = (imports: unknown) => ({
    package: { ecosystem: "Go", name: "golang.org/x/net" },
    ranges: [{ type: "SEMVER", events: [{ introduced: "0" }, { fixed: "0.17.0" }] }],
    ecosystem_specific: { imports },
  });

  async function importsOf(...affected: readonly object[]) {
    const { advisories } = await collect("osv", JSON.stringify(osvRecord({ affected })));
    expect(advisories).toHaveLength(1);
    return advisories[0]?.imports;
  }

  it.each([
    ["with functions", [{ path, symbols: ["F", "T.M"] }], [{ path, symbols: ["F", "T.M"] }]],
    ["as a whole", [{ path }], [{ path }]],
    ["with no functions named", [{ path, symbols: [] }], [{ path }]],
    [
      "for some systems",
      [{ path, goos: ["windows"], goarch: ["amd64"] }],
      [{ path, systems: ["windows"], architectures: ["amd64"] }],
    ],
    ["that nobody names", undefined, undefined],
    ["in a list of something else", [{ path }, 7], undefined],
    ["without a path", [{ path }, { symbols: ["F"] }], undefined],
    ["with functions that are none", [{ path, symbols: ["F", 7] }], undefined],
    ["with something else than functions", [{ path, symbols: "F" }], undefined],
    ["without end", Array.from({ length: 1001 }, () => ({ path })), undefined],
  ])("are read %s", async (_, imports, expected) => {
    expect(await importsOf(part(imports))).toEqual(expected);
  });

  it("are joined where a record speaks of a module twice, and forgotten where it tells but once", async () => {
    const other = { path: "golang.org/x/net/html" };
    expect(await importsOf(part([{ path }]), part([{ path }, other]))).toEqual([{ path }, other]);
    expect(await importsOf(part([{ path }]), part(undefined))).toBeUndefined();
  });

  it("are nothing that other registries tell", async () => {
    expect(
      await importsOf({ ...part([{ path }]), package: { ecosystem: "npm", name: "a" } }),
    ).toBeUndefined();
  });
});
