import { expect, it } from "vitest";
import { collect } from "../../testdata/collect.ts";
import { photonFeed } from "../../testdata/rpm-feeds.ts";

it("tells what is fixed, open and not affected", async () => {
  const { advisories, malformed, ignored, entries } = await collect("photon", photonFeed, {
    path: "feeds/cve_data_photon5.0.json",
  });
  expect({ entries, malformed }).toEqual({ entries: 4, malformed: [] });
  expect(advisories.map((a) => [a.id, a.ecosystem, a.ranges, a.status, a.severity, a.ofSource])).toEqual([
    ["CVE-2024-0001", "Photon OS:5.0", [{ fixed: "8.1-2.ph5" }], "fixed", "critical", true],
    ["CVE-2024-0002", "Photon OS:5.0", [], "affected", "medium", true],
    ["CVE-2024-0003", "Photon OS:5.0", [{}], "affected", "unknown", true],
  ]);
  expect(ignored).toEqual(["feeds/cve_data_photon5.0.json[3]: names no versions"]);
});

it.each([
  ["the record", { os_version: "3.0", res_ver: "1-1.ph4" }, "feed", "Photon OS:3.0"],
  ["the name of the file", { res_ver: "1-1.ph4" }, "cve_data_photon2.0.json", "Photon OS:2.0"],
  ["the mark of the version", { res_ver: "1-1.ph4" }, "feed", "Photon OS:4.0"],
])("takes the release from %s", async (_, more, path, of) => {
  const record = JSON.stringify({ cve_id: "CVE-2024-0001", pkg: "curl", ...more });
  const { advisories } = await collect("photon", record, { path });
  expect(advisories.map(({ ecosystem }) => ecosystem)).toEqual([of]);
});

it("counts what cannot be read, and goes on", async () => {
  const feed = JSON.parse(photonFeed);
  const { advisories, malformed } = await collect("photon", JSON.stringify([1, { pkg: "x" }, ...feed]));
  expect(malformed).toEqual([
    "feed[0]: expected a vulnerability and a package",
    "feed[1]: expected a vulnerability and a package",
    "feed[3]: expected to be told the release",
    "feed[4]: expected to be told the release",
    "feed[5]: expected to be told the release",
  ]);
  expect(advisories).toHaveLength(1);
});

it.each([
  ["half a feed", photonFeed.slice(0, 100)],
  ["another list", "[1, 2]"],
  ["another object", '{"a": 1}'],
])("refuses %s", async (_, text) => {
  await expect(collect("photon", text)).rejects.toMatchObject({ code: "SOURCE_DAMAGED" });
});
