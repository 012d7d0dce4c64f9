import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { ecosystem } from "@pratique/core";
import { expect, it } from "vitest";
import { osvRecord } from "../testdata/feeds.ts";
import { type Workshop, workshop } from "../testdata/workshop.ts";
import { openDatabase } from "./advisory-database.ts";
import { readStatus } from "./status.ts";
import { verifyDatabase } from "./testdata/verify-database.ts";

const debian12 = ecosystem("Debian:12");
const npm = ecosystem("npm");

function filesOf(shop: Workshop): readonly string[] {
  return readdirSync(shop.databases).sort();
}

it("answers with what its sources say", async () => {
  using shop = workshop();
  const { sources, revision, changed, failures } = await shop.build([
    "debian-tracker:tracker.json",
    "osv:osv.json",
    "kev:kev.json",
  ]);
  expect(changed).toBe(true);
  expect(failures).toEqual([]);
  expect(sources).toMatchObject([
    { provider: "debian-tracker", entries: 3, advisories: 9, malformed: 0, ignored: 0 },
    { provider: "kev", entries: 1 },
    { provider: "osv", entries: 1, advisories: 1 },
  ]);
  using database = openDatabase(shop.databases, { clock: shop.now });
  expect(database.lookUp(npm, "left-pad")).toEqual([
    {
      id: "CVE-2023-0001",
      aliases: ["GHSA-aaaa-bbbb-cccc"],
      document: "GHSA-aaaa-bbbb-cccc",
      source: "osv",
      ecosystem: "npm",
      package: "left-pad",
      ranges: [{ fixed: "1.3.1" }],
      status: "fixed",
      severity: "unknown",
    },
  ]);
  expect(database.lookUp(debian12, "bash").map(({ id, source }) => [id, source])).toEqual([
    ["CVE-2014-6271", "debian-tracker"],
    ["CVE-2022-3715", "debian-tracker"],
  ]);
  expect(database.lookUp(npm, "right-pad")).toEqual([]);
  expect(database.details("CVE-2023-0001")?.title).toBe("A name of a thing");
  expect(database.details("CVE-1900-0001")).toBeUndefined();
  expect(database.enrichment("CVE-2023-0001")).toEqual({ knownExploited: true });
  expect(database.find("GHSA-aaaa-bbbb-cccc").map(({ id }) => id)).toEqual(["CVE-2023-0001"]);
  expect(database.coverage(npm)).toBe("full");
  expect(database.coverage(ecosystem("Hex"))).toBe("none");
  expect(readStatus(shop.databases, { clock: shop.now }).revision).toBe(revision);
  expect(verifyDatabase(shop.databases)).toBe(true);
});

it("keeps two sources' words on one package apart", async () => {
  using shop = workshop();
  shop.feed("more.json", JSON.stringify(osvRecord({ id: "GHSA-2", aliases: [] })));
  await shop.build(["osv:osv.json", "osv:more.json", "debian-dsa-dla:DSA.list"]);
  using database = openDatabase(shop.databases, { clock: shop.now });
  expect(database.lookUp(npm, "left-pad").map(({ id }) => id)).toEqual(["GHSA-2", "CVE-2023-0001"]);
  expect(database.sources.map(({ source }) => source)).toEqual(["debian-dsa-dla", "osv", "starter"]);
});

it("joins what several enrichers know of one vulnerability", async () => {
  using shop = workshop();
  const scores = "#model_version:v1\ncve,epss,percentile\nCVE-2023-0001,0.25,0.9\nCVE-2023-0002,0.5,0.9\n";
  shop.feed("scores.csv.gz", gzipSync(scores));
  await shop.build(["epss:scores.csv.gz", "kev:kev.json"]);
  using database = openDatabase(shop.databases, { clock: shop.now });
  expect(database.enrichment("CVE-2023-0001")).toEqual({ knownExploited: true, epss: 0.25 });
  expect(database.enrichment("CVE-2023-0002")).toEqual({ knownExploited: false, epss: 0.5 });
  expect(database.enrichment("CVE-2023-0003")).toEqual({ knownExploited: false });
});

it("has the same revision for the same content, whenever and in whatever order it was built", async () => {
  using one = workshop();
  using other = workshop();
  const first = await one.build(["osv:osv.json", "debian-dsa-dla:DSA.list", "kev:kev.json"]);
  await other.build(["osv:osv.json"]);
  other.clock.advance(5000);
  await other.build(["kev:kev.json", "debian-dsa-dla:DSA.list"]);
  const again = await other.build(["debian-dsa-dla:DSA.list"]);
  expect(again.revision).toBe(first.revision);
  expect(again.changed).toBe(false);
});

it("takes over other providers, and replaces all of the one that is named", async () => {
  using shop = workshop();
  await shop.build(["osv:osv.json", "debian-dsa-dla:DSA.list"]);
  const builtAt = shop.now().toISOString();
  shop.clock.advance(1000);
  shop.feed("new.list", "[12 Feb 2025] DSA-9-1 bash - security update\n\t[bookworm] - bash 9\n");
  const { sources } = await shop.build(["debian-dsa-dla:new.list"]);
  expect(sources.map((source) => [source.provider, source.builtAt])).toEqual([
    ["debian-dsa-dla", shop.now().toISOString()],
    ["osv", builtAt],
  ]);
  using database = openDatabase(shop.databases, { clock: shop.now });
  expect(database.lookUp(debian12, "webkit2gtk")).toEqual([]);
  expect(database.lookUp(debian12, "bash")).toHaveLength(1);
  expect(database.lookUp(npm, "left-pad")).toHaveLength(1);
  expect(database.details("CVE-2023-0001")?.title).toBe("A name of a thing");
});

it("leaves other providers out when it is to replace them", async () => {
  using shop = workshop();
  await shop.build(["osv:osv.json"]);
  const { sources } = await shop.build(["debian-dsa-dla:DSA.list"], { replace: true });
  expect(sources.map(({ provider }) => provider)).toEqual(["debian-dsa-dla"]);
});

it("counts what it cannot read, and shows some of it", async () => {
  using shop = workshop();
  const bad = (version: string) =>
    osvRecord({ affected: [{ package: { ecosystem: "npm", name: "a" }, versions: [version] }] });
  const records = [
    osvRecord(),
    bad("1\u001b[31m"),
    bad("1 2"),
    bad("x".repeat(300)),
    { id: 7, affected: [] },
  ];
  shop.feed("some.jsonl", [...records.map((one) => JSON.stringify(one)), "{half"].join("\n"));
  const { sources } = await shop.build(["osv:some.jsonl"]);
  expect(sources).toMatchObject([{ entries: 4, advisories: 1, malformed: 5 }]);
  expect(sources[0]?.samples[0]?.reason).toContain("expected a version");
  expect(sources[0]?.samples).toHaveLength(5);
});

it.each([
  ["a provider that does not exist", "redhat:osv.json", "PROVIDER_UNKNOWN"],
  ["the wrong provider for a file", "debian-dsa-dla:osv.json", "SOURCE_DAMAGED"],
  ["another wrong provider", "osv:kev.json", "SOURCE_EMPTY"],
  ["a file that is not there", "osv:nothing.json", "SOURCE_UNREADABLE"],
  ["an empty file", "osv:empty", "SOURCE_EMPTY"],
  ["half a JSON", "debian-tracker:half.json", "SOURCE_DAMAGED"],
  ["half a gzip", "osv:half.json.gz", "SOURCE_DAMAGED"],
  ["a URL without a network", "osv:https://example.com/x.json", "SOURCE_UNREACHABLE"],
])("changes nothing when it is given %s", async (_, from, code) => {
  using shop = workshop();
  shop.feed("empty", "");
  shop.feed("half.json", '{"bash": {"CVE-2014-6271": {"releases": {}');
  shop.feed("half.json.gz", gzipSync("x".repeat(10_000)).subarray(0, 25));
  await shop.build(["osv:osv.json"]);
  const before = filesOf(shop);
  await expect(shop.build(["kev:kev.json", from])).rejects.toMatchObject({ code });
  expect(filesOf(shop)).toEqual(before);
  using database = openDatabase(shop.databases, { clock: shop.now });
  expect(database.lookUp(npm, "left-pad")).toHaveLength(1);
});

it("wants something to build from", async () => {
  using shop = workshop();
  await expect(shop.build([])).rejects.toMatchObject({ code: "SOURCES_MISSING" });
});

it("can be called off", async () => {
  using shop = workshop();
  await shop.build(["osv:osv.json"]);
  const before = filesOf(shop);
  const controller = new AbortController();
  const build = shop.build(["debian-dsa-dla:DSA.list"], {
    signal: controller.signal,
    onProgress: ({ phase }) => phase === "assembling" && controller.abort(),
  });
  await expect(build).rejects.toMatchObject({ code: "BUILD_ABORTED" });
  expect(filesOf(shop)).toEqual(before);
});

it("keeps the revision before, for those who have just read the pointer", async () => {
  using shop = workshop();
  const names: string[] = [];
  for (const name of ["a", "b", "c"]) {
    shop.feed("osv.json", JSON.stringify(osvRecord({ summary: name })));
    names.push(path.basename((await shop.build(["osv:osv.json"])).path));
  }
  expect(filesOf(shop)).toEqual(["build.lock", "current", ...names.slice(1)].sort());
});

it("goes on answering to those who had it open", async () => {
  using shop = workshop();
  await shop.build(["osv:osv.json"]);
  using database = openDatabase(shop.databases, { clock: shop.now });
  for (const name of ["a", "b", "c"]) {
    shop.feed(
      "osv.json",
      JSON.stringify(osvRecord({ affected: [{ package: { ecosystem: "npm", name }, versions: ["1"] }] })),
    );
    await shop.build(["osv:osv.json"]);
  }
  expect(database.lookUp(npm, "left-pad")).toHaveLength(1);
});

it("builds a sound database beside a damaged one, and says that it took nothing over", async () => {
  using shop = workshop();
  const { path: file } = await shop.build(["osv:osv.json", "debian-dsa-dla:DSA.list"]);
  const bytes = readFileSync(file);
  bytes.fill(0xff, 8192, 16_384);
  writeFileSync(file, bytes);
  const result = await shop.build(["osv:osv.json"]);
  expect(result.previousDamage).toContain("is damaged");
  expect(result.sources.map(({ provider }) => provider)).toEqual(["osv"]);
  expect(verifyDatabase(shop.databases)).toBe(true);
});
