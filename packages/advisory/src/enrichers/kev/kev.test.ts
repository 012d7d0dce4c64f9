import { expect, it } from "vitest";
import { collect } from "../../testdata/collect.ts";
import { kev } from "./kev.ts";

const csv = `cveID,vendorProject,notes\r
CVE-2021-44228,Apache,"a, ""quoted"" note
on two lines"\r
CVE-2014-6271,GNU,\r
`;

it.each([
  ["JSON", JSON.stringify({ vulnerabilities: [{ cveID: "CVE-2021-44228" }, { cveID: "CVE-2014-6271" }] })],
  ["CSV", csv],
])("reads %s", async (_, text) => {
  const { enrichments, entries } = await collect("kev", text);
  expect(entries).toBe(2);
  expect(enrichments).toEqual([
    ["CVE-2021-44228", { knownExploited: true }],
    ["CVE-2014-6271", { knownExploited: true }],
  ]);
});

it("counts an entry without a CVE", async () => {
  const text = JSON.stringify({ vulnerabilities: [{ cveID: "CVE-2014-6271" }, { vendor: "x" }, 7] });
  expect((await collect("kev", text)).malformed).toHaveLength(2);
});

it.each([
  ["half a JSON", '{"vulnerabilities": [{"cveID"'],
  ["another JSON", '{"packages": []}'],
  ["another CSV", "cve,epss\nCVE-2014-6271,1\n"],
  ["nothing", ""],
])("refuses %s", async (_, text) => {
  await expect(collect("kev", text)).rejects.toMatchObject({ code: "SOURCE_DAMAGED" });
});

it("reads one of the two forms where both lie side by side", () => {
  expect(kev.wants("known_exploited_vulnerabilities.json")).toBe(true);
  expect(kev.wants("known_exploited_vulnerabilities.csv")).toBe(false);
  expect(kev.wants("known_exploited_vulnerabilities_schema.json")).toBe(false);
});
