import { expect, it } from "vitest";
import { collect } from "../../testdata/collect.ts";

const HEAD = `Candidate: CVE-2024-1000
PublicDate: 2024-02-01 10:00:00 UTC
References:
 https://www.cve.org/CVERecord?id=CVE-2024-1000
Description:
 The thing reads
 beyond its end.
Priority: medium
 Not much is lost.
Priority_thing: high
Priority_thing_focal: low
Notes:
 someone> jammy_thing: released (9.9) was a mistake
`;

async function read(lines: string) {
  return collect("ubuntu-tracker", `${HEAD}\n${lines}`, { path: "active/CVE-2024-1000" });
}

it.each<[string, string, object | undefined]>([
  [
    "released",
    "jammy_thing: released (1.2-3ubuntu0.1)",
    { ranges: [{ fixed: "1.2-3ubuntu0.1" }], status: "fixed" },
  ],
  ["needed", "jammy_thing: needed", { ranges: [{}], status: "affected" }],
  ["pending", "jammy_thing: pending (1.2-4)", { ranges: [{}], status: "affected", note: "pending: 1.2-4" }],
  [
    "deferred",
    "jammy_thing: deferred (2024-03-01)",
    { ranges: [{}], status: "fix-deferred", note: "deferred: 2024-03-01" },
  ],
  ["needs-triage", "jammy_thing: needs-triage", { ranges: [{}], status: "under-investigation" }],
  [
    "ignored for a reason",
    "jammy_thing: ignored (changes too intrusive (see notes))",
    { ranges: [{}], status: "will-not-fix", note: "ignored: changes too intrusive (see notes)" },
  ],
  [
    "ignored at the end",
    "jammy_thing: ignored (end of standard support, was needed)",
    { ranges: [{}], status: "end-of-life", note: "ignored: end of standard support, was needed" },
  ],
  ["not affected", "jammy_thing: not-affected (code not present)", { ranges: [], status: "affected" }],
  ["not there", "jammy_thing: DNE", undefined],
])("keeps %s apart from the other states", async (_, line, expected) => {
  const { advisories, malformed, entries } = await read(line);
  expect(malformed).toEqual([]);
  expect(entries).toBe(1);
  const base = { id: "CVE-2024-1000", aliases: [], document: "CVE-2024-1000", severity: "high" };
  expect(advisories).toEqual(
    expected === undefined ? [] : [{ ...base, package: "thing", ecosystem: "Ubuntu:22.04", ...expected }],
  );
});

it.each([
  ["jammy_thing", "Ubuntu:22.04"],
  ["esm-infra/xenial_thing", "Ubuntu:Pro:Infra:16.04"],
  ["esm-infra-legacy/trusty_thing", "Ubuntu:Pro:Infra-legacy:14.04"],
  ["esm-apps/noble_thing", "Ubuntu:Pro:Apps:24.04"],
  ["trusty/esm_thing", "Ubuntu:Pro:Infra:14.04"],
  ["fips/xenial_thing", "Ubuntu:Pro:FIPS:16.04"],
  ["fips-updates/focal_thing", "Ubuntu:Pro:FIPS-updates:20.04"],
  ["fips-preview/jammy_thing", "Ubuntu:Pro:FIPS-preview:22.04"],
  ["realtime/jammy_thing", "Ubuntu:Pro:Realtime:22.04"],
  ["upstream_thing", undefined],
  ["devel_thing", undefined],
  ["bluefield/jammy_thing", undefined],
  ["vivid/ubuntu-core_thing", undefined],
])("reads %s as a word on %s", async (name, ecosystem) => {
  const { advisories, malformed } = await read(`${name}: needed`);
  expect(malformed).toEqual([]);
  expect(advisories.map((one) => one.ecosystem)).toEqual(ecosystem === undefined ? [] : [ecosystem]);
});

it("takes the closest priority, and describes the vulnerability", async () => {
  const { advisories, details } = await read("focal_thing: needed\njammy_thing: needed\njammy_other: needed");
  expect(advisories.map(({ severity }) => severity)).toEqual(["low", "high", "medium"]);
  expect(details).toEqual([
    {
      id: "CVE-2024-1000",
      description: "The thing reads\nbeyond its end.",
      published: "2024-02-01 10:00:00 UTC",
      severity: "medium",
      urls: ["https://ubuntu.com/security/CVE-2024-1000"],
    },
  ]);
});

it.each([
  ["a fix that is no version", "jammy_thing: released (see USN)", "affected"],
  ["a fix without a version", "jammy_thing: released", "affected"],
  ["an unknown state", "jammy_thing: perhaps", "under-investigation"],
])("takes %s for affected, says so, and reads on", async (_, line, status) => {
  const { advisories, malformed } = await read(`${line}\nnoble_thing: needed`);
  expect(malformed).toHaveLength(1);
  expect(advisories).toMatchObject([
    { ranges: [{}], status },
    { ecosystem: "Ubuntu:24.04", status: "affected" },
  ]);
});

it("says that it does not know a release", async () => {
  const { advisories, malformed } = await read("zorro_thing: needed\njammy_thing: needed");
  expect(malformed).toEqual(["active/CVE-2024-1000: zorro thing: unknown release"]);
  expect(advisories).toHaveLength(1);
});

it.each([
  ["no CVE", "Candidate: something\njammy_thing: needed\n"],
  ["JSON that breaks off", '{"Candidate":"CVE-2024-1000"'],
  ["other JSON", '{"id":"CVE-2024-1000"}'],
])("says that %s is no record", async (_, text) => {
  const { advisories, malformed, entries } = await collect("ubuntu-tracker", text);
  expect([advisories, entries, malformed.length]).toEqual([[], 0, 1]);
});

it("reads the same in JSON", async () => {
  const record = {
    Candidate: "CVE-2024-1000",
    Priority: "low",
    Patches: {
      thing: {
        jammy: { Status: "released", Note: "1.2-3" },
        "esm-apps/focal": { Status: "needs-triage", Note: "" },
        noble: { Status: "DNE" },
      },
    },
  };
  const { advisories } = await collect("ubuntu-tracker", JSON.stringify(record));
  expect(advisories).toMatchObject([
    { ecosystem: "Ubuntu:22.04", ranges: [{ fixed: "1.2-3" }], status: "fixed", severity: "low" },
    { ecosystem: "Ubuntu:Pro:Apps:20.04", ranges: [{}], status: "under-investigation" },
  ]);
});
