import { expect, it } from "vitest";
import { collect } from "../../testdata/collect.ts";
import { amazonXml } from "../../testdata/rpm-feeds.ts";
import { lineOf, topicOf } from "./topic.ts";

const builds = [
  ["kernel", "0", "4.14.243", "185.433.amzn2", "x86_64"],
  ["kernel", "0", "4.14.243", "185.433.amzn2", "aarch64"],
  ["kernel", "0", "4.14.243", "185.433.amzn2", "src"],
  ["perl", "4", "5.16.3", "299.amzn2.0.1", "x86_64"],
] as const;

it("reads bulletins as the repositories carry them", async () => {
  const { advisories, details, malformed, entries } = await collect(
    "amazon-alas",
    amazonXml("ALAS2-2024-0001", builds),
    { path: "updateinfo.xml", chunkBytes: 8 },
  );
  expect({ entries, malformed }).toEqual({ entries: 1, malformed: [] });
  expect(advisories.map((a) => [a.ecosystem, a.package, a.ranges])).toEqual([
    ["Amazon Linux:2", "kernel", [{ fixed: "4.14.243-185.433.amzn2" }]],
    ["Amazon Linux:2", "perl", [{ fixed: "4:5.16.3-299.amzn2.0.1" }]],
  ]);
  expect(advisories[0]).toMatchObject({
    id: "CVE-2024-0001",
    document: "ALAS2-2024-0001",
    severity: "medium",
  });
  expect(details).toEqual([
    {
      id: "CVE-2024-0001",
      title: "words",
      description: "more words",
      severity: "medium",
      published: "2024-01-02 03:04",
    },
  ]);
});

it("reads a bulletin as JSON", async () => {
  const bulletin = {
    id: "ALAS-2018-1093",
    severity: "critical",
    issued: { date: "2018-10-23" },
    packages: [{ name: "git", epoch: "0", version: "2.14.5", release: "1.59.amzn1", arch: "x86_64" }],
    references: [{ id: "CVE-2018-17456", type: "cve" }],
    cveids: ["CVE-2018-17456", "CVE-2018-17457"],
  };
  const { advisories, details } = await collect("amazon-alas", JSON.stringify(bulletin), { path: "a.json" });
  expect(advisories.map((a) => [a.id, a.ecosystem, a.package, a.severity])).toEqual([
    ["CVE-2018-17456", "Amazon Linux:2018", "git", "critical"],
    ["CVE-2018-17457", "Amazon Linux:2018", "git", "critical"],
  ]);
  expect(details).toEqual([]);
});

it("lets a repository of its own speak of its own line only", async () => {
  const { advisories } = await collect(
    "amazon-alas",
    amazonXml("ALAS2RUBY3.0-2024-001", [
      ["ruby", "0", "3.0.6", "156.amzn2.0.1", "x86_64"],
      ["rubygem-json", "1", "2.5.1", "156.amzn2.0.1", "x86_64"],
    ]),
  );
  expect(advisories.map((a) => a.ranges)).toEqual([
    [{ introduced: "3.0", fixed: "3.0.6-156.amzn2.0.1" }],
    [{ introduced: "1:2", fixed: "1:2.5.1-156.amzn2.0.1" }],
  ]);
});

it.each([
  ["ALAS-2018-1093", undefined, "1.2-3", undefined],
  ["ALAS2-2021-1699", undefined, "1.2-3", undefined],
  ["ALAS2023-2024-512", undefined, "1.2-3", undefined],
  ["ALASKERNEL-5.10-2022-001", "KERNEL-5.10", "5.10.50-44.amzn2", "5.10"],
  ["ALAS2KERNEL-5.4-2022-001", "KERNEL-5.4", "5.40.1-1.amzn2", "5"],
  ["ALAS2POSTGRESQL14-2023-001", "POSTGRESQL14", "14.3-1.amzn2", "14"],
  ["ALAS2MARIADB10.5-2023-001", "MARIADB10.5", "3:10.5.10-2.amzn2", "3:10.5"],
  ["ALAS2DOCKER-2023-001", "DOCKER", "20.10.4-1.amzn2", undefined],
])("%s is about the topic %s, where %s belongs to the line %s", (id, topic, fixed, introduced) => {
  expect(topicOf(id)).toBe(topic);
  expect(lineOf(topic ?? "", fixed).introduced).toBe(introduced);
});

it.each([
  ["a bulletin without a name", "<id>ALAS2-2024-0001</id>", "", "expected an id and packages"],
  ["a package without a version", 'version="5.16.3"', "", "expected an id and packages"],
  ["a release without a mark", "299.amzn2.0.1", "299.el7", 'expected the mark of a release in "299.el7"'],
])("counts %s", async (_, part, replacement, reason) => {
  const { malformed } = await collect(
    "amazon-alas",
    amazonXml("ALAS2-2024-0001", builds).replace(part, replacement),
  );
  expect(malformed).toEqual([expect.stringContaining(reason)]);
});

it("counts JSON that is no bulletin, and ignores a bulletin without packages", async () => {
  const other = await collect("amazon-alas", '{"id":"x","packages":[1]}', { path: "a.json" });
  expect(other.malformed).toHaveLength(1);
  const empty = await collect("amazon-alas", amazonXml("ALAS2-2024-0001", []));
  expect(empty.ignored).toEqual(["ALAS2-2024-0001: names no versions of a package"]);
});
