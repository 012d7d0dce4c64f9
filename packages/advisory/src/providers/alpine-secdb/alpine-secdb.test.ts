import { expect, it } from "vitest";
import { collect } from "../../testdata/collect.ts";

function secdb(secfixes: unknown): string {
  return JSON.stringify({
    apkurl: "{{urlprefix}}/x",
    distroversion: "v3.20",
    reponame: "main",
    packages: [{ pkg: { name: "busybox", secfixes } }],
  });
}

it("reads the JSON of today", async () => {
  const { advisories, entries, malformed } = await collect(
    "alpine-secdb",
    secdb({ "1.36.1-r2": ["CVE-2022-48174"], "0": ["CVE-2021-42373"] }),
  );
  expect(malformed).toEqual([]);
  expect(entries).toBe(1);
  expect(advisories).toMatchObject([
    { id: "CVE-2021-42373", ecosystem: "Alpine:v3.20", ranges: [], status: "affected" },
    { id: "CVE-2022-48174", package: "busybox", ranges: [{ fixed: "1.36.1-r2" }], status: "fixed" },
  ]);
});

it("reads the YAML of before, and keeps versions that look like numbers", async () => {
  const yaml = `---
distroversion: v3.11
reponame: main
packages:
  - pkg:
      name: git
      secfixes:
        2.10:
          - CVE-2019-1348
  - pkg:
      name: nothing
      secfixes:
`;
  const { advisories, entries } = await collect("alpine-secdb", yaml);
  expect(entries).toBe(2);
  expect(advisories).toMatchObject([{ package: "git", ranges: [{ fixed: "2.10" }] }]);
});

it("makes a fix of a fix a second range", async () => {
  const fixes = { "1.0-r1": ["CVE-2020-0001"], "1.0-r2": ["CVE-2020-0001 (+ regression fix)"] };
  const { advisories } = await collect("alpine-secdb", secdb(fixes));
  expect(advisories).toMatchObject([
    { id: "CVE-2020-0001", ranges: [{ fixed: "1.0-r1" }, { fixed: "1.0-r2" }] },
  ]);
});

it.each([
  ["fixes in a list", ["CVE-2020-0001"], "expected fixes by version"],
  ["a line without an identifier", { "1.0-r0": ["see the news"] }, "expected an identifier"],
])("counts %s", async (_, secfixes, reason) => {
  const { malformed } = await collect("alpine-secdb", secdb(secfixes));
  expect(malformed).toEqual([expect.stringContaining(reason)]);
});

it("counts a package without a name", async () => {
  const text = JSON.stringify({ distroversion: "edge", packages: [{ pkg: {} }, 7] });
  expect((await collect("alpine-secdb", text)).malformed).toHaveLength(2);
});

it.each([
  ["half a JSON", secdb({}).slice(0, 60)],
  ["a branch that is none", JSON.stringify({ distroversion: "../../etc", packages: [] })],
  ["another feed", JSON.stringify({ id: "GHSA-1", affected: [] })],
  ["YAML that grows", "a: &a [1, 2]\nb: [*a, *a]\n"],
])("refuses %s", async (_, text) => {
  await expect(collect("alpine-secdb", text)).rejects.toMatchObject({ code: "SOURCE_DAMAGED" });
});
