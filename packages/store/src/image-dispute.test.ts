import type { AdvisorySource, Digest, ScanReport, Severity } from "@pratique/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore, retain, type Store } from "./index.ts";
import { connectionOf } from "./store-connection.ts";
import { describeOnEach, type TestDatabase } from "./testdata/databases.ts";
import { digestOf, everything, reportOf } from "./testdata/samples.ts";

const NOW = "2026-11-25T12:00:00.000Z";
const image = digestOf(1);

interface Told {
  readonly found?: readonly Severity[];
  readonly builtAt?: string | null;
  readonly scannedAt?: string;
  readonly layers?: readonly Digest[];
  /** Where the id of the image is that of its manifest or index. */
  readonly platform?: string;
}

function told({
  found = ["critical"],
  builtAt = "2026-11-25T06:00:00Z",
  scannedAt = "2026-11-25T07:00:00Z",
  layers = [digestOf(100)],
  platform,
}: Told): ScanReport {
  const source: AdvisorySource = {
    source: "debian-tracker",
    builtAt: builtAt ?? "",
    stale: false,
    coverage: "full",
  };
  const report = reportOf("nginx:1", found, { scannedAt });
  return {
    ...report,
    target: {
      ...report.target,
      layers,
      imageId: image,
      ...(platform !== undefined && { platform, digest: image }),
    },
    assessment: { ...report.assessment, advisories: builtAt === null ? [] : [source] },
  };
}

describeOnEach((make) => {
  let database: TestDatabase;
  let store: Store;

  const report = async (host: string, what: Told = {}, imageId = image) =>
    await store.images.put(imageId, told(what), { host, at: NOW });
  const held = async () => (await store.images.find(image))?.image;
  const disputes = async () =>
    await connectionOf(store).database.selectFrom("image_disputes").select(["host", "other"]).execute();
  const join = async (host: string) =>
    await store.fleet.identities.put({
      host,
      serial: host,
      previousSerial: null,
      joinedAt: NOW,
      expiresAt: NOW,
      labels: {},
    });

  beforeEach(async () => {
    database = await make();
    store = await openStore(database.options);
  });

  afterEach(async () => {
    await store.close();
    await database[Symbol.asyncDispose]();
  });

  it.each<[string, Told, Told, number]>([
    ["the worse that came first, by advisories a minute newer", {}, { builtAt: "2026-11-25T06:01:00Z" }, 1],
    ["the worse that came first, by advisories of another year", {}, { builtAt: "2999-01-01T00:00:00Z" }, 1],
    [
      "the worse by old advisories, where the newer are of the future",
      { builtAt: "2026-10-01T06:00:00Z" },
      { builtAt: "2026-11-25T12:06:00Z" },
      1,
    ],
    ["the worse that came first, by no advisories", {}, { builtAt: null }, 1],
    ["the worse that came first, by old advisories", {}, { builtAt: "2026-11-20T06:00:00Z" }, 1],
    [
      "the newer, by advisories that are newer by more than a day",
      { builtAt: "2026-11-24T05:59:59Z" },
      {},
      0,
    ],
    [
      "the worse that came last, though the other looked later",
      { found: [], scannedAt: "2026-11-25T11:00:00Z" },
      { found: ["critical"], builtAt: "2026-11-25T05:00:00Z" },
      1,
    ],
    [
      "the one that looked later, of two by advisories days apart",
      { found: [], scannedAt: "2026-11-25T11:00:00Z" },
      { found: ["critical"], builtAt: "2026-11-20T05:00:00Z" },
      0,
    ],
    [
      "the worse that came last, though the other looked in another year",
      { found: [], builtAt: "2026-11-20T05:00:00Z", scannedAt: "2999-01-01T00:00:00Z" },
      { found: ["critical"], scannedAt: "2026-11-25T12:01:00Z" },
      1,
    ],
  ])("holds %s", async (_, first, second, critical) => {
    await report("a", first);
    await report("b", { found: [], ...second });
    expect((await held())?.severities.critical).toBe(critical);
    expect(await disputes()).toEqual([]);
  });

  it("lets a host say of itself that it was wrong", async () => {
    await report("a");
    await report("a", { found: [], builtAt: "2026-11-25T06:01:00Z", scannedAt: "2026-11-25T08:00:00Z" });
    expect((await held())?.severities.critical).toBe(0);
  });

  it("believes nobody who has looked later than now", async () => {
    await report("a", { scannedAt: "2999-01-01T00:00:00Z" });
    expect((await held())?.scannedAt).toBe(NOW);
  });

  it("takes two that list other layers for a contradiction, whatever they judged by", async () => {
    await report("a");
    const fresh = await report("b", { builtAt: "2026-10-01T00:00:00Z", layers: [digestOf(666)] });
    expect(fresh).toEqual({ hosts: ["a", "b"], since: NOW });
    expect(await report("b", { layers: [digestOf(666)] })).toBeUndefined();
    await report("b");
    expect(await disputes()).toEqual([]);
  });

  it.each<[string, Told, Told, number]>([
    [
      "none in two platforms of one index",
      { platform: "linux/amd64" },
      { platform: "linux/arm64", layers: [digestOf(200)], found: [] },
      0,
    ],
    [
      "none where one host pulled the image and another one loaded it",
      {},
      { platform: "linux/amd64", scannedAt: "2026-11-25T06:00:00Z" },
      0,
    ],
    [
      "one in the same platform",
      { platform: "linux/amd64" },
      { platform: "linux/amd64", layers: [digestOf(200)], found: [] },
      1,
    ],
    [
      "one in a platform where the id is that of a configuration",
      {},
      { platform: "linux/arm64", layers: [digestOf(200)], found: [] },
      1,
    ],
  ])("sees a contradiction: %s", async (_, first, second, expected) => {
    await report("a", first);
    await report("b", second);
    expect(await disputes()).toHaveLength(expected);
    expect((await held())?.severities.critical).toBe(1);
  });

  describe("of a host that is revoked", () => {
    it("goes what it said, and its contradictions", async () => {
      for (const host of ["a", "b"]) await join(host);
      await report("a");
      await report("b", { found: [] });
      await report("a", {}, digestOf(2));
      expect(await disputes()).toEqual([{ host: "a", other: "b" }]);
      await store.fleet.identities.revoke("b");
      expect(await disputes()).toEqual([]);
      const left = await connectionOf(store).database.selectFrom("image_reports").select("host").execute();
      expect(left).toEqual([{ host: "a" }, { host: "a" }]);
    });

    it("others go on contradicting each other", async () => {
      for (const host of ["a", "b", "c"]) await join(host);
      await report("a");
      await report("b");
      await report("c", { found: [] });
      expect(await disputes()).toEqual([{ host: "a", other: "c" }]);
      await store.fleet.identities.revoke("a");
      expect(await disputes()).toEqual([{ host: "b", other: "c" }]);
    });

    it("others go on listing other layers than each other", async () => {
      for (const host of ["a", "b", "c"]) await join(host);
      await report("a", { builtAt: "2026-11-25T06:01:00Z" });
      await report("b", { builtAt: "2026-11-25T06:02:00Z" });
      await report("c", { layers: [digestOf(666)] });
      expect(await disputes()).toEqual([{ host: "a", other: "c" }]);
      await store.fleet.identities.revoke("a");
      expect(await disputes()).toEqual([{ host: "b", other: "c" }]);
      await store.fleet.identities.revoke("c");
      expect(await disputes()).toEqual([]);
    });
  });

  it("forgets what hosts said of an image together with it", async () => {
    await report("a");
    await report("b", { found: [] });
    await report("a", { scannedAt: "2026-11-25T11:00:00Z" }, digestOf(2));
    await retain(store, { reports: 1 }, Date.parse("2026-11-26T10:00:00Z"));
    expect(await store.images.has(image)).toBe(false);
    expect(await disputes()).toEqual([]);
    const left = await connectionOf(store).database.selectFrom("image_reports").select("image_id").execute();
    expect(left).toEqual([{ image_id: digestOf(2) }]);
    expect(await store.images.disputed(everything)).toBe(0);
  });
});
