import { expect, it } from "vitest";
import { collect } from "../../testdata/collect.ts";
import { suseFeed } from "../../testdata/rpm-feeds.ts";
import { ecosystemOfProduct } from "./product.ts";

it("tells what is fixed, what is open and what is not affected, once for each release", async () => {
  const { advisories, details, malformed, entries } = await collect("suse-oval", suseFeed, { chunkBytes: 9 });
  expect({ entries, malformed }).toEqual({ entries: 1, malformed: [] });
  expect(advisories.map((a) => [a.ecosystem, a.package, a.ranges, a.status])).toEqual([
    ["SUSE:15.5", "libtool-1", [{ fixed: "1.2-150500.3.1" }], "fixed"],
    ["SUSE:15", "libtool-1", [{ fixed: "1.2-150500.3.1" }], "fixed"],
    ["openSUSE:15.5", "libtool-1", [{ fixed: "1.2-150500.3.1" }], "fixed"],
    ["SUSE:15.5", "tool", [{}], "affected"],
    ["SUSE:15", "tool", [{}], "affected"],
    ["openSUSE:15.5", "tool", [{}], "affected"],
    ["SUSE:12.5", "tool", [], "affected"],
  ]);
  expect(advisories[0]).toMatchObject({
    id: "CVE-2024-0001",
    severity: "medium",
    cvss: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
  });
  expect(details).toHaveLength(1);
});

it.each([
  ["SUSE Linux Enterprise Server 15", "SUSE:15"],
  ["SUSE Linux Enterprise Server 15 SP1-LTSS", "SUSE:15.1"],
  ["SUSE Linux Enterprise Server 12 SP5", "SUSE:12.5"],
  ["SUSE Linux Enterprise Module for Public Cloud 15 SP3", "SUSE:15.3"],
  ["openSUSE Leap 15.6", "openSUSE:15.6"],
  ["SUSE Linux Enterprise Server 15 SP1-BCL", undefined],
  ["SUSE Linux Enterprise Server for SAP Applications 15 SP1", undefined],
  ["SUSE Linux Enterprise Micro 5.5", undefined],
  ["openSUSE Tumbleweed", undefined],
  ["SUSE Manager Server 4.1", undefined],
])("knows %s as %s", (product, expected) => {
  expect(ecosystemOfProduct(product)).toBe(expected);
});

it.each([
  ["a definition without criteria", /<criteria.*<\/criteria>/su, "", "expected metadata and criteria"],
  ["a vulnerability without a name", /CVE-2024-0001/gu, "words", "expected the name of a vulnerability"],
])("counts %s", async (_, pattern, replacement, reason) => {
  const { malformed, advisories } = await collect("suse-oval", suseFeed.replace(pattern, replacement));
  expect(malformed).toEqual([expect.stringContaining(reason)]);
  expect(advisories).toEqual([]);
});
