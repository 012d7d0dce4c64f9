import { expect, it } from "vitest";
import { collect } from "../../testdata/collect.ts";

type Fields = Readonly<Record<string, unknown>>;

function affected(distro: string, events: readonly object[], more: Fields = {}): Fields {
  return {
    package: {
      ecosystem: "Ubuntu:Pro:16.04:LTS",
      name: "thing",
      purl: `pkg:deb/ubuntu/thing@1.2?arch=source&distro=${distro}`,
    },
    ranges: [{ type: "ECOSYSTEM", events }],
    versions: ["1.0", "1.1"],
    ...more,
  };
}

const view = {
  id: "UBUNTU-CVE-2024-1000",
  details: "The thing reads beyond its end.",
  upstream: ["CVE-2024-1000"],
  severity: [
    { type: "CVSS_V3", score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H" },
    { type: "Ubuntu", score: "low" },
  ],
  affected: [affected("jammy", [{ introduced: "0" }, { fixed: "1.2" }])],
  references: [{ type: "REPORT", url: "https://ubuntu.com/security/CVE-2024-1000" }],
};

const notice = {
  id: "USN-1000-1",
  summary: "thing vulnerability",
  upstream: ["UBUNTU-CVE-2024-1000"],
  affected: [affected("jammy", [{ introduced: "0" }, { fixed: "1.2" }])],
};

it("reads Ubuntu's view of a CVE, with its priority rather than the vector's severity", async () => {
  const { advisories, details, malformed } = await collect("ubuntu-osv", JSON.stringify(view));
  expect(malformed).toEqual([]);
  expect(advisories).toEqual([
    {
      id: "CVE-2024-1000",
      aliases: [],
      document: "CVE-2024-1000",
      ecosystem: "Ubuntu:22.04",
      package: "thing",
      ranges: [{ fixed: "1.2" }],
      status: "fixed",
      severity: "low",
      cvss: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H",
    },
  ]);
  expect(details).toMatchObject([{ id: "CVE-2024-1000", severity: "low" }]);
});

it.each([
  ["esm-infra/xenial", "Ubuntu:Pro:Infra:16.04"],
  ["esm-apps/xenial", "Ubuntu:Pro:Apps:16.04"],
  ["trusty/esm", "Ubuntu:Pro:Infra:14.04"],
  ["fips-updates/bionic", "Ubuntu:Pro:FIPS-updates:18.04"],
  ["noble", "Ubuntu:24.04"],
])("knows by the package URL of %s whose fix it is", async (distro, ecosystem) => {
  const record = { ...view, affected: [affected(distro, [{ introduced: "0" }])] };
  const { advisories } = await collect("ubuntu-osv", JSON.stringify(record));
  expect(advisories).toMatchObject([{ ecosystem, ranges: [{}], status: "affected" }]);
});

it.each([
  ["Ubuntu:24.04:LTS", "Ubuntu:24.04"],
  ["Ubuntu:25.10", "Ubuntu:25.10"],
  ["Ubuntu:Pro:14.04:LTS", "Ubuntu:Pro:Infra:14.04"],
])("reads %s without a package URL as %s", async (given, ecosystem) => {
  const item = affected("", [{ introduced: "0" }], { package: { ecosystem: given, name: "thing" } });
  const { advisories } = await collect("ubuntu-osv", JSON.stringify({ ...view, affected: [item] }));
  expect(advisories).toMatchObject([{ ecosystem }]);
});

it.each<[string, Fields, readonly object[]]>([
  [
    "its own list",
    { cves_map: { cves: [{ id: "CVE-2024-1", severity: [] }, { id: "CVE-2024-1001" }] } },
    [{ id: "CVE-2024-1001" }],
  ],
  [
    "severities of its own",
    { cves_map: { cves: [{ id: "CVE-2024-1000", severity: [{ type: "Ubuntu", score: "high" }] }] } },
    [{ id: "CVE-2024-1000", severity: "high", document: "USN-1000-1" }],
  ],
  ["nothing", {}, [{ id: "CVE-2024-1000", severity: "unknown", document: "USN-1000-1" }]],
])("names the vulnerabilities of a notice by %s", async (_, specific, expected) => {
  const item = affected("jammy", [{ introduced: "0" }, { fixed: "1.2" }], { database_specific: specific });
  const { advisories } = await collect("ubuntu-osv", JSON.stringify({ ...notice, affected: [item] }));
  expect(advisories).toMatchObject(expected);
  expect(advisories).toHaveLength(expected.length);
});

it("keeps a notice without a CVE under its own number", async () => {
  const { advisories } = await collect("ubuntu-osv", JSON.stringify({ ...notice, upstream: [] }));
  expect(advisories).toMatchObject([{ id: "USN-1000-1", ranges: [{ fixed: "1.2" }] }]);
});

it("keeps several stretches of one package", async () => {
  const events = [
    { introduced: "0" },
    { fixed: "1.2" },
    { introduced: "2.0" },
    { last_affected: "2.1" },
    { introduced: "3" },
  ];
  const { advisories } = await collect(
    "ubuntu-osv",
    JSON.stringify({ ...view, affected: [affected("jammy", events)] }),
  );
  expect(advisories[0]?.ranges).toEqual([
    { fixed: "1.2" },
    { introduced: "2.0", lastAffected: "2.1" },
    { introduced: "3" },
  ]);
});

it.each<[string, unknown, string]>([
  ["what is withdrawn", { ...view, withdrawn: "2025-01-01T00:00:00Z" }, "ignored"],
  ["another kind of record", { ...view, id: "LSN-0001-1" }, "ignored"],
  ["a record without an id", { affected: [] }, "malformed"],
  [
    "a package of another distribution",
    { ...view, affected: [{ package: { ecosystem: "Debian:12", name: "a" } }] },
    "malformed",
  ],
  ["a package without ranges", { ...view, affected: [affected("jammy", [])] }, "malformed"],
  ["no object", 5, "malformed"],
])("says that it leaves out %s", async (_, record, where) => {
  const collected = await collect("ubuntu-osv", JSON.stringify(record));
  expect(collected.advisories).toEqual([]);
  expect(where === "ignored" ? collected.ignored : collected.malformed).toHaveLength(1);
});

it("reads lines of records, and those after a broken one", async () => {
  const lines = `${JSON.stringify(view)}\n{"id":\n\n${JSON.stringify(notice)}\n`;
  const { advisories, malformed, entries } = await collect("ubuntu-osv", lines, { path: "all.jsonl" });
  expect([advisories.length, malformed.length, entries]).toEqual([2, 1, 2]);
});
