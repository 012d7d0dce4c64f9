import { expect, it } from "vitest";
import { collect } from "../../testdata/collect.ts";

function secdb(urlprefix: string): string {
  return JSON.stringify({
    archs: ["x86_64"],
    urlprefix,
    packages: [
      {
        pkg: {
          name: "thing",
          secfixes: {
            "0": ["CVE-2024-0001"],
            "2.39-r1": ["CVE-2024-0002 GHSA-aaaa-bbbb-cccc", "CVE-2024-0003"],
          },
        },
      },
    ],
  });
}

it("reads fixes, what was never affected, and names that belong together", async () => {
  const { advisories, malformed } = await collect("wolfi-secdb", secdb("https://packages.wolfi.dev"));
  expect(malformed).toEqual([]);
  expect(advisories).toMatchObject([
    { id: "CVE-2024-0001", ecosystem: "Wolfi", package: "thing", ranges: [] },
    { id: "CVE-2024-0002", aliases: ["GHSA-aaaa-bbbb-cccc"], ranges: [{ fixed: "2.39-r1" }] },
    { id: "CVE-2024-0003", aliases: [], ranges: [{ fixed: "2.39-r1" }] },
  ]);
});

it.each([["https://packages.cgr.dev"], ["https://packages.wolfi.dev.example"], [""]])(
  "refuses the database of %j",
  async (urlprefix) => {
    await expect(collect("wolfi-secdb", secdb(urlprefix))).rejects.toMatchObject({ code: "SOURCE_DAMAGED" });
  },
);
