import { expect, it } from "vitest";
import { collect } from "../../testdata/collect.ts";
import { azureFeed, azureXml } from "../../testdata/rpm-feeds.ts";

it("tells what the tests of a definition say together", async () => {
  const { advisories, details, malformed, entries } = await collect("azure-linux", azureFeed, {
    chunkBytes: 5,
  });
  expect({ entries, malformed }).toEqual({ entries: 1, malformed: [] });
  expect(advisories).toEqual([
    {
      id: "CVE-2024-0001",
      aliases: [],
      document: "CVE-2024-0001",
      ecosystem: "Azure Linux:3",
      package: "tool",
      ranges: [{ fixed: "1.2-3.azl3" }],
      status: "fixed",
      severity: "high",
      ofSource: true,
    },
  ]);
  expect(details).toMatchObject([{ id: "CVE-2024-0001", published: "2024-01-02T00:00:00Z" }]);
});

it.each([
  [
    "a range",
    [
      ["less than", "0:1.2-3.cm2"],
      ["greater than", "1:1.0.cm2"],
    ],
    "true",
    [{ fixed: "1.2-3.cm2", introduced: "1:1.0.cm2" }],
    "fixed",
  ],
  [
    "a range from the first version",
    [
      ["less than", "0:1.2-3.cm2"],
      ["greater than", "0:0.0.0.cm2"],
    ],
    "true",
    [{ fixed: "1.2-3.cm2" }],
    "fixed",
  ],
  ["no fix", [["less than or equal", "0:1.2-3.cm2"]], "false", [{ lastAffected: "1.2-3.cm2" }], "affected"],
  ["“never applicable”", [["less than or equal", "0:1.2-3.cm2"]], "Not Applicable", [], "affected"],
] as const)("reads %s", async (_, bounds, patchable, ranges, status) => {
  const { advisories } = await collect("azure-linux", azureXml(bounds, patchable));
  expect(advisories).toMatchObject([{ ecosystem: "Azure Linux:2", ranges, status }]);
});

it.each([
  ["no test at all", azureXml([])],
  ["a state that is missing", azureFeed.replace('id="s:0"', 'id="s:9"')],
  ["an object that is missing", azureFeed.replace('id="o:1"', 'id="o:9"')],
  ["a release that nobody knows", azureFeed.replace("azl3", "el9")],
  ["an operation that nobody knows", azureFeed.replace("less than", "looks like")],
])("counts %s", async (_, xml) => {
  const { malformed, advisories } = await collect("azure-linux", xml);
  expect(malformed).toEqual(["1-1: expected tests of one package of a known release"]);
  expect(advisories).toEqual([]);
});

it("refuses half a feed", async () => {
  await expect(collect("azure-linux", azureFeed.slice(0, -20))).rejects.toMatchObject({
    code: "SOURCE_DAMAGED",
  });
});
