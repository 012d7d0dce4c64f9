import { expect, it } from "vitest";
import { collect } from "../../testdata/collect.ts";
import { trackerJson } from "../../testdata/feeds.ts";

it("says of each release what the tracker says", async () => {
  const { advisories, entries, malformed } = await collect("debian-tracker", trackerJson, { chunkBytes: 7 });
  expect(malformed).toEqual([]);
  expect(entries).toBe(3);
  expect(advisories.map((a) => [a.id, a.package, a.ecosystem, a.status, a.severity, a.ranges])).toEqual([
    ["CVE-2014-6271", "bash", "Debian:12", "fixed", "high", [{ fixed: "4.3-9.1" }]],
    ["CVE-2014-6271", "bash", "Debian:13", "affected", "negligible", []],
    ["CVE-2022-3715", "bash", "Debian:10", "will-not-fix", "low", [{}]],
    ["CVE-2022-3715", "bash", "Debian:11", "fix-deferred", "unknown", [{}]],
    ["CVE-2022-3715", "bash", "Debian:12", "affected", "medium", [{}]],
    ["CVE-2022-3715", "bash", "Debian:13", "end-of-life", "unknown", [{}]],
    ["CVE-2022-3715", "bash", "Debian:14", "under-investigation", "unknown", [{}]],
    ["CVE-2022-3715", "bash", "Debian:sid", "affected", "negligible", [{}]],
    ["CVE-2022-37434", "zlib", "Debian:12", "fixed", "unknown", [{ fixed: "1:1.2.11.dfsg-4.1" }]],
  ]);
});

it("describes a vulnerability once, however many packages have it", async () => {
  const record = { description: "words", releases: {} };
  const { details } = await collect(
    "debian-tracker",
    JSON.stringify({ a: { "CVE-2020-0001": record }, b: { "CVE-2020-0001": record } }),
  );
  expect(details).toEqual([
    {
      id: "CVE-2020-0001",
      description: "words",
      urls: ["https://security-tracker.debian.org/tracker/CVE-2020-0001"],
    },
  ]);
});

it.each([
  ["a status that nobody knows", { releases: { sid: { status: "asleep" } } }, "unknown release or status"],
  ["a release that nobody knows", { releases: { potato: { status: "open" } } }, "unknown release or status"],
  ["a fix without a version", { releases: { sid: { status: "resolved" } } }, "unknown release or status"],
  ["a record without releases", { description: "words" }, "expected an object with releases"],
  ["a record that is a word", "words", "expected an object with releases"],
])("counts %s, and goes on", async (_, record, reason) => {
  const { malformed, advisories } = await collect(
    "debian-tracker",
    JSON.stringify({ a: { "CVE-2020-0001": record }, ...JSON.parse(trackerJson) }),
  );
  expect(malformed).toEqual([expect.stringContaining(reason)]);
  expect(advisories).toHaveLength(9);
});

it("counts a record that is no JSON between sound ones", async () => {
  const text =
    '{"a":{"CVE-2020-0001":{"releases":{"sid":nonsense}},"CVE-2020-0002":{"releases":{"sid":{"status":"open"}}}}}';
  const { malformed, advisories } = await collect("debian-tracker", text);
  expect(malformed).toHaveLength(1);
  expect(advisories.map(({ id }) => id)).toEqual(["CVE-2020-0002"]);
});

it.each([
  ["half a feed", trackerJson.slice(0, trackerJson.length / 2)],
  ["a list", "[1, 2]"],
  ["a list of DSAs", "[12 Feb 2025] DSA-1-1 a - b"],
  ["lists in place of packages", '{"a": [1, 2]}'],
  ["text behind the end", `${trackerJson} x`],
  ["an empty file", ""],
])("refuses %s", async (_, text) => {
  await expect(collect("debian-tracker", text)).rejects.toMatchObject({ code: "SOURCE_DAMAGED" });
});
