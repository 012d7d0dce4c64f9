import { expect, it } from "vitest";
import { collect } from "../../testdata/collect.ts";
import { dsaList } from "../../testdata/feeds.ts";
import { debianDsaDla } from "./debian-dsa-dla.ts";

it("gives one advisory for each vulnerability and release", async () => {
  const { advisories, entries, malformed } = await collect("debian-dsa-dla", dsaList);
  expect(malformed).toEqual([]);
  expect(entries).toBe(3);
  expect(advisories.map((a) => [a.id, a.document, a.ecosystem, a.package, a.status, a.ranges])).toEqual([
    ["CVE-2025-24143", "DSA-5865-1", "Debian:12", "webkit2gtk", "fixed", [{ fixed: "2.46.6-1~deb12u1" }]],
    ["CVE-2025-24150", "DSA-5865-1", "Debian:12", "webkit2gtk", "fixed", [{ fixed: "2.46.6-1~deb12u1" }]],
    ["DSA-1980-1", "DSA-1980-1", "Debian:6", "ircd-hybrid", "affected", []],
    ["DSA-1980-1", "DSA-1980-1", "Debian:6", "ircd-ratbox", "end-of-life", [{}]],
    ["DSA-1980-1", "DSA-1980-1", "Debian:5", "ircd-ratbox", "affected", [{}]],
    ["DSA-1980-1", "DSA-1980-1", "Debian:5", "ircd-hybrid", "fixed", [{ fixed: "1:7.2.2" }]],
  ]);
});

it("takes an update that repairs an update for no vulnerability", async () => {
  const { ignored } = await collect("debian-dsa-dla", dsaList);
  expect(ignored).toEqual(["feed: DSA-5000-2: names no vulnerability"]);
});

it("describes the document, with its day", async () => {
  const { details } = await collect("debian-dsa-dla", dsaList);
  expect(details[0]).toEqual({
    id: "DSA-5865-1",
    title: "webkit2gtk - security update",
    published: "2025-02-12T00:00:00Z",
    urls: ["https://security-tracker.debian.org/tracker/DSA-5865-1"],
  });
});

const heading = "[12 Feb 2025] DSA-1-1 a - security update\n";

it.each([
  ["a heading cut short", `${heading}[12 Feb`, "expected a heading"],
  ["a release that nobody knows", `${heading}\t[potato] - a 1.0\n`, 'release or state "potato"'],
  ["a state that nobody knows", `${heading}\t[sid] - a <sleeping>\n`, 'release or state "sleeping"'],
  ["a line that says nothing", `${heading}\tand then some\n`, "expected a release"],
  ["a word that is no CVE", `${heading}\t{CVE-2025-1}\n`, 'expected a CVE, found "CVE-2025-1"'],
  ["a package in capitals", `${heading}\t[sid] - A 1.0\n`, "expected a release"],
])("counts %s, and goes on", async (_, list, reason) => {
  const { malformed, advisories } = await collect("debian-dsa-dla", `${list}\n${dsaList}`);
  expect(malformed).toEqual([expect.stringContaining(reason)]);
  expect(advisories.map(({ id }) => id)).toContain("CVE-2025-24143");
});

it("refuses a file of another kind", async () => {
  await expect(collect("debian-dsa-dla", '{ "bash": {} }\n')).rejects.toMatchObject({
    code: "SOURCE_DAMAGED",
  });
});

it.each([
  ["DSA.list.2025-02-13.gz", true],
  ["data/DLA/list", true],
  ["DSA.list", true],
  ["tracker/CPE_list.gz", false],
  ["data/CVE/list", false],
])("wants %s: %s", (path, expected) => {
  expect(debianDsaDla.wants(path)).toBe(expected);
});
