import { expect, it } from "vitest";
import { collect } from "../../testdata/collect.ts";
import { criteria, criterion, oracleFeed, oracleXml } from "../../testdata/rpm-feeds.ts";

const release = criterion("Oracle Linux 8 is installed");
const earlier = (name: string, version: string) =>
  criteria(
    "AND",
    criterion(`${name} is earlier than ${version}`),
    criterion(`${name} is signed with the key`),
  );
const arch = (name: string, ...packages: readonly string[]) =>
  criteria("AND", criterion(`Oracle Linux arch is ${name}`), criteria("OR", ...packages));

async function fixesIn(xml: string) {
  const { advisories } = await collect("oracle-oval", xml, { chunkBytes: 11 });
  return advisories
    .filter(({ id }) => id === "CVE-2024-0001")
    .map((a) => [a.package, a.ranges[0]?.fixed, a.architectures ?? a.build ?? a.module]);
}

it("tells the fix of each vulnerability of an erratum", async () => {
  const { advisories, details, malformed, entries } = await collect("oracle-oval", oracleFeed);
  expect({ entries, malformed }).toEqual({ entries: 1, malformed: [] });
  expect(advisories).toEqual(
    ["CVE-2024-0001", "CVE-2024-0002"].map((id) => ({
      id,
      aliases: [],
      document: "ELSA-2024-0001",
      ecosystem: "Oracle Linux:8",
      package: "tool",
      ranges: [{ fixed: "1.2-3.el8" }],
      status: "fixed",
      severity: "high",
    })),
  );
  expect(details[1]).toMatchObject({ id: "CVE-2024-0002", published: "2024-01-02", severity: "high" });
  expect(details[1]?.title).toBe("ELSA-2024-0001: tool security update (IMPORTANT)");
});

it.each([
  [
    "one fix for all architectures",
    [arch("aarch64", earlier("tool", "1:1-1.el8")), arch("x86_64", earlier("tool", "1:1-1.el8"))],
    [["tool", "1:1-1.el8", undefined]],
  ],
  [
    "a fix for each architecture",
    [arch("aarch64", earlier("tool", "1-4.el8")), arch("x86_64", earlier("tool", "1-1.el8"))],
    [
      ["tool", "1-4.el8", ["aarch64"]],
      ["tool", "1-1.el8", ["x86_64"]],
    ],
  ],
  [
    "builds for live patching and validated ones apart from the others",
    [
      earlier("tool", "1:1.1.1g-15.el8_3"),
      earlier("tool", "2:1.1.1g-15.ksplice1.el8_3"),
      earlier("tool", "10:3.6.16-4.0.1.el8_fips"),
    ],
    [
      ["tool", "1:1.1.1g-15.el8_3", undefined],
      ["tool", "2:1.1.1g-15.ksplice1.el8_3", "ksplice"],
      ["tool", "10:3.6.16-4.0.1.el8_fips", "fips"],
    ],
  ],
  [
    "a module by its stream",
    [criteria("AND", criterion("Module nodejs:18 is enabled"), earlier("nodejs", "1:18-1.el8"))],
    [["nodejs", "1:18-1.el8", "nodejs:18"]],
  ],
])("tells %s", async (_, members, expected) => {
  const xml = oracleXml(criteria("AND", release, criteria("OR", ...members)));
  expect(await fixesIn(xml)).toEqual(expected);
});

it("speaks of one line of Oracle's kernel where a release has several", async () => {
  const xml = oracleXml(criteria("AND", release, earlier("kernel-uek", "0:5.4.17-2136.el8uek")));
  const { advisories } = await collect("oracle-oval", xml);
  expect(advisories[0]?.ranges).toEqual([{ introduced: "5.4.17", fixed: "5.4.17-2136.el8uek" }]);
});

it("counts a definition without criteria, ignores one without packages, and goes on", async () => {
  const more = `<definition id="d:2"><metadata/></definition>
<definition id="d:3"><metadata/>${criteria("AND", release, criterion("nothing is said"))}</definition>`;
  const { advisories, malformed, ignored } = await collect(
    "oracle-oval",
    oracleXml(criteria("AND", release, earlier("tool", "1-1.el8")), more),
  );
  expect(advisories).toHaveLength(2);
  expect(malformed).toEqual(["d:2: expected metadata and criteria"]);
  expect(ignored).toEqual(["d:3: names no versions of a package"]);
});

it("refuses half a feed", async () => {
  await expect(collect("oracle-oval", oracleFeed.slice(0, 900))).rejects.toMatchObject({
    code: "SOURCE_DAMAGED",
  });
});
