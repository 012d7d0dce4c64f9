import type { Severity } from "@pratique/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openStore, retain, type Store } from "../index.ts";
import { describeOnEach, type TestDatabase } from "../testdata/databases.ts";
import { digestOf, everything, reportOf } from "../testdata/samples.ts";

const image = digestOf(1);
const day = (number: number, hour = 10) => `2026-11-${String(number).padStart(2, "0")}T${hour}:00:00.000Z`;

describeOnEach((make) => {
  let database: TestDatabase;
  let store: Store;

  beforeEach(async () => {
    database = await make();
    store = await openStore(database.options);
  });

  afterEach(async () => {
    await store.close();
    await database[Symbol.asyncDispose]();
  });

  const scan = async (found: readonly Severity[], at: string) =>
    await store.images.put(image, reportOf("app:1", found, { scannedAt: at }));
  const severitiesAt = async (moment: string) =>
    (await store.findingHistory.at(image, moment)).map(({ id, severity }) => `${id} ${severity}`).sort();

  it("knows what was open when, and how bad it was then", async () => {
    await scan(["low", "high"], day(10));
    await scan(["critical", "high"], day(12));
    await scan(["critical"], day(14));
    await scan(["critical", "medium"], day(16));
    expect(await severitiesAt(day(9))).toEqual([]);
    expect(await severitiesAt(day(11))).toEqual(["CVE-2026-0 low", "CVE-2026-1 high"]);
    expect(await severitiesAt(day(12))).toEqual(["CVE-2026-0 critical", "CVE-2026-1 high"]);
    expect(await severitiesAt(day(15))).toEqual(["CVE-2026-0 critical"]);
    expect(await severitiesAt(day(20))).toEqual(["CVE-2026-0 critical", "CVE-2026-1 medium"]);
    expect(await store.findingHistory.begins(image)).toBe(day(10));
  });

  it("does not count what was suppressed meanwhile", async () => {
    const open = reportOf("app:1", ["high"]);
    const hidden = open.findings.map((finding) => ({ ...finding, suppressed: { by: "vex" } }));
    await store.images.put(image, { ...open, scannedAt: day(10) });
    await store.images.put(image, { ...open, scannedAt: day(12), findings: hidden });
    await store.images.put(image, { ...open, scannedAt: day(14) });
    expect(await severitiesAt(day(11))).toHaveLength(1);
    expect(await severitiesAt(day(13))).toHaveLength(0);
    expect(await severitiesAt(day(15))).toHaveLength(1);
  });

  it("forgets what is older than it has to be kept, and all of an image with it", async () => {
    await scan(["low"], day(10));
    await scan([], day(11));
    await scan(["high"], day(12));
    const later = (days: number) => Date.parse(day(12)) + days * 86_400_000;
    await retain(store, { timeline: 30 }, later(20));
    expect(await severitiesAt(day(10, 11))).toHaveLength(1);
    await retain(store, { timeline: 30 }, later(40));
    expect(await severitiesAt(day(10, 11))).toHaveLength(0);
    const states = await store.imageStatistics.states({ seen: everything, limit: 10 });
    expect(states.items.map(({ since }) => since)).toEqual([day(12)]);
    await retain(store, { reports: 30 }, later(40));
    expect((await store.imageStatistics.states({ seen: everything, limit: 10 })).total).toBe(0);
    expect(await store.findingHistory.begins(image)).toBeUndefined();
  });

  it("lists the most urgent first", async () => {
    const { findings } = reportOf("app:1", ["critical", "high", "low"]);
    const exploited = findings.map((one) => ({ ...one, knownExploited: one.severity === "high" }));
    await store.images.put(image, { ...reportOf("app:1", []), findings: exploited });
    const page = { seen: everything, sort: "risk", order: "desc", limit: 2 } as const;
    const first = await store.findings.list(page);
    expect(first.items.map(({ severity, risk }) => [severity, risk])).toEqual([
      ["high", 55],
      ["critical", 40],
    ]);
    const rest = await store.findings.list({ ...page, cursor: first.nextCursor ?? "" });
    expect(rest.items.map(({ severity }) => severity)).toEqual(["low"]);
  });
});
