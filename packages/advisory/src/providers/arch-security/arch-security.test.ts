import { expect, it } from "vitest";
import { collect } from "../../testdata/collect.ts";

const group = (more: object) => ({
  name: "AVG-2843",
  packages: ["chromium"],
  status: "Fixed",
  severity: "High",
  type: "multiple issues",
  affected: "109.0-1",
  fixed: "110.0-1",
  ticket: null,
  issues: ["CVE-2023-0001"],
  advisories: ["ASA-202302-1"],
  ...more,
});

it("says of each vulnerability in each package of a group what is known", async () => {
  const { advisories, malformed } = await collect(
    "arch-security",
    JSON.stringify([
      group({ packages: ["chromium", "electron"], issues: ["CVE-2023-0001", "CVE-2023-0002"] }),
    ]),
  );
  expect(malformed).toEqual([]);
  expect(advisories).toHaveLength(4);
  expect(advisories[0]).toEqual({
    id: "CVE-2023-0001",
    aliases: [],
    document: "ASA-202302-1",
    ecosystem: "Arch Linux",
    package: "chromium",
    ranges: [{ fixed: "110.0-1" }],
    status: "fixed",
    severity: "high",
  });
});

it.each([
  [{ status: "Vulnerable", fixed: null, advisories: [] }, [{}], "affected"],
  [{ status: "Testing" }, [{ fixed: "110.0-1" }], "fixed"],
  [{ status: "Unknown", fixed: null }, [{}], "under-investigation"],
  [{ status: "Not affected", fixed: null }, [], "affected"],
])("takes %j as %j, %s", async (more, ranges, status) => {
  const { advisories } = await collect("arch-security", JSON.stringify([group(more)]));
  expect(advisories).toMatchObject([{ ranges, status }]);
});

it("leaves out what says nothing, and counts what cannot be read", async () => {
  const text = JSON.stringify([group({ issues: [] }), group({ status: "Odd" }), { name: "AVG-1" }, 7]);
  const { advisories, malformed, ignored } = await collect("arch-security", text);
  expect([advisories.length, ignored.length, malformed.length]).toEqual([0, 2, 2]);
});

it("refuses what is no list", async () => {
  await expect(collect("arch-security", "{}")).rejects.toMatchObject({ code: "SOURCE_DAMAGED" });
});
