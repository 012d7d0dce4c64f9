import type { AuditRecord } from "@pratique/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type DetectionProjection,
  type LegalHold,
  openStore,
  type RetentionPolicy,
  retain,
  type Store,
} from "../index.ts";
import { connectionOf } from "../store-connection.ts";
import { describeOnEach, type TestDatabase } from "../testdata/databases.ts";
import { deniedLaunch, digestOf, everything, recordsOf, reportOf } from "../testdata/samples.ts";

/** Records of the samples are of this day, a second apart. */
const DAY = Date.UTC(2026, 10, 24, 10);
const daysLater = (days: number) => DAY + days * 86_400_000;

const hold: LegalHold = {
  id: "case-1",
  scope: "all",
  subject: "",
  reason: "court order",
  placedBy: "counsel",
  placedAt: "2026-11-24T10:00:00.000Z",
};

const fullPolicy: RetentionPolicy = {
  launches: 30,
  records: { launch: 90, gate: 10 },
  reports: 60,
  timeline: 365,
};

const drift: DetectionProjection = {
  kind: "detection",
  detection: "d-1",
  rule: "Drifted program executed",
  priority: "critical",
  tags: [],
  outcome: "prevented",
  image: "a:1",
  imageId: digestOf(1),
  words: [],
  document: {},
};

describeOnEach((make) => {
  let database: TestDatabase;
  let store: Store;

  beforeEach(async () => {
    database = await make();
    store = await openStore(database.options);
    await store.records.append({
      logId: "log",
      host: "web-1",
      records: recordsOf(1, 1_500),
      project: () => deniedLaunch("a:1", digestOf(1)),
    });
    await store.records.append({
      logId: "other",
      host: "web-2",
      records: recordsOf(1, 10, { class: "gate" }),
      project: () => undefined,
    });
    for (let image = 1; image <= 25; image += 1) {
      await store.images.put(digestOf(image), reportOf("a:1", ["high"]));
    }
    await store.timeline.record(DAY);
  });

  afterEach(async () => {
    await store.close();
    await database[Symbol.asyncDispose]();
  });

  it("deletes each class at its own age, and counts what it deleted", async () => {
    expect(await retain(store, fullPolicy, daysLater(9))).toEqual({
      launches: 0,
      detections: 0,
      records: { launch: 0, gate: 0 },
      reports: 0,
      timeline: 0,
    });
    expect(await retain(store, fullPolicy, daysLater(31))).toMatchObject({
      launches: 1_500,
      records: { launch: 0, gate: 10 },
      reports: 0,
    });
    expect(await retain(store, fullPolicy, daysLater(91))).toMatchObject({
      launches: 0,
      records: { launch: 1_500, gate: 0 },
      reports: 25,
    });
    expect((await store.findings.list({ seen: everything, sort: "id", order: "asc", limit: 1 })).total).toBe(
      0,
    );
    expect(await store.vulnerabilities.find("CVE-2026-0")).toBeUndefined();
    expect(await retain(store, fullPolicy, daysLater(400))).toMatchObject({ timeline: 1 });
  });

  it("deletes up to the very age, and nothing that is younger by a second", async () => {
    const counts = await retain(store, { launches: 30 }, daysLater(30) + 700_000);
    // Record n is n seconds after the hour.
    expect(counts.launches).toBe(699);
    expect((await store.launches.list({ seen: everything, limit: 1 })).total).toBe(801);
  });

  it("forgets where images were with the images, and keeps those that containers have", async () => {
    const seenAt = new Date(DAY).toISOString();
    const reference = "registry.example/shop:1";
    // Of the last three nobody has ever told a report; a container runs the last one.
    for (const image of [1, 98, 99]) {
      await store.fleet.locations.note({ host: "web-1", imageId: digestOf(image), reference, seenAt });
    }
    await store.hosts.put({ name: "web-1", logId: "log", heardAt: seenAt, status: {}, gate: "enforcing" });
    const container = { id: "c", name: "c", image: reference, imageId: digestOf(99), document: {} };
    await store.fleet.containers.replace({
      host: "web-1",
      takenAt: seenAt,
      containers: [{ ...container, state: "running" }],
    });
    const known = async () => {
      const images = [1, 98, 99].map(digestOf);
      return await Promise.all(
        images.map(async (imageId) => [
          (await store.fleet.locations.of(imageId, 9)).length,
          (await store.fleet.locations.repositories(imageId)).length,
        ]),
      );
    };
    await retain(store, fullPolicy, daysLater(59));
    expect(await known()).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
    await retain(store, fullPolicy, daysLater(91));
    expect(await known()).toEqual([
      [0, 0],
      [0, 0],
      [1, 1],
    ]);
  });

  it("forgets orders that have ended, and none that wait", async () => {
    const at = (days: number) => new Date(daysLater(days)).toISOString();
    for (const id of ["ended", "waits"]) {
      const times = { createdAt: at(0), expiresAt: at(1) };
      await store.fleet.commands.add({ id, host: "web-1", document: {}, createdBy: "ada", ...times });
    }
    await store.fleet.commands.finish({ id: "ended", host: "web-1", state: "done", detail: "", at: at(0) });
    const left = async () =>
      await Promise.all(
        ["ended", "waits"].map(async (id) => (await store.fleet.commands.find(id)) !== undefined),
      );
    await retain(store, { detections: 30 }, daysLater(29));
    expect(await left()).toEqual([true, true]);
    await retain(store, { detections: 30 }, daysLater(31));
    expect(await left()).toEqual([false, true]);
  });

  it("deletes nothing that the policy does not name", async () => {
    expect(await retain(store, {}, daysLater(9_999))).toEqual({
      launches: 0,
      detections: 0,
      records: {},
      reports: 0,
      timeline: 0,
    });
    expect((await store.launches.list({ seen: everything, limit: 1 })).total).toBe(1_500);
  });

  it.each<[string, Partial<LegalHold>, Partial<Record<"launches" | "launch" | "gate" | "reports", number>>]>([
    ["everything", {}, { launches: 0, launch: 0, gate: 0, reports: 0 }],
    ["one host", { scope: "host", subject: "web-1" }, { launches: 0, launch: 0, gate: 10, reports: 24 }],
    [
      "another host",
      { scope: "host", subject: "web-2" },
      { launches: 1_500, launch: 1_500, gate: 0, reports: 25 },
    ],
    ["one log", { scope: "log", subject: "log" }, { launches: 0, launch: 0, gate: 10, reports: 24 }],
    [
      "one image",
      { scope: "image", subject: digestOf(1) },
      { launches: 0, launch: 0, gate: 10, reports: 24 },
    ],
    [
      "an image that was never started",
      { scope: "image", subject: digestOf(2) },
      { launches: 1_500, reports: 24 },
    ],
    ["a time", { since: "2026-11-24T10:20:00Z" }, { launches: 1_199, launch: 1_199, gate: 10, reports: 0 }],
    ["a time that is over", { until: "2026-11-24T10:00:05Z" }, { launches: 1_495, launch: 1_495, gate: 5 }],
  ])("keeps what a hold on %s covers, and lets it go when that is released", async (_, more, expected) => {
    expect(await store.legalHolds.place({ ...hold, ...more })).toBe(true);
    const counts = await retain(store, fullPolicy, daysLater(100));
    const { launches, reports } = counts;
    expect({ launches, reports, ...counts.records }).toMatchObject(expected);
    expect(await store.legalHolds.release("case-1")).toBe(true);
    await retain(store, fullPolicy, daysLater(100));
    expect((await store.launches.list({ seen: everything, limit: 1 })).total).toBe(0);
    const left = await connectionOf(store).database.selectFrom("records").selectAll().execute();
    expect(left).toEqual([]);
  });

  it("keeps how many launches and findings there were, where everything is held, until that is released", async () => {
    const counted = async () => [
      (await store.timeline.between("2026-11-24", "2026-11-24")).length,
      (await store.statistics.launchesSince("2026-11-24T00:00:00.000Z", everything)).length,
    ];
    await store.legalHolds.place(hold);
    await retain(store, fullPolicy, daysLater(400));
    expect(await counted()).toEqual([1, 1]);
    await store.legalHolds.release("case-1");
    await retain(store, fullPolicy, daysLater(400));
    expect(await counted()).toEqual([0, 0]);
  });

  describe("of detections and responses", () => {
    beforeEach(async () => {
      // Five detections, each with what was done about it, on two hosts; the second half is of another image.
      for (const host of ["web-1", "web-2"]) {
        await store.records.append({
          logId: `runtime-${host}`,
          host,
          records: recordsOf(1, 10, { class: "detection" }),
          project: () => undefined,
          projectRuntime: ({ sequence }) => {
            const at = Math.ceil(sequence / 2);
            const detection = `d-${at}`;
            return sequence % 2 === 1
              ? { ...drift, detection, imageId: digestOf(at <= 3 ? 1 : 2) }
              : { kind: "response", detection, image: "a:1", document: {} };
          },
        });
      }
    });

    const left = async () => {
      const { detections, responses } = store.runtime;
      const both = { seen: everything, limit: 100 };
      return [(await detections.list(both)).total, (await responses.list(both)).total];
    };

    it("deletes both at their age", async () => {
      expect((await retain(store, { detections: 30 }, daysLater(29))).detections).toBe(0);
      expect((await retain(store, { detections: 30 }, daysLater(31))).detections).toBe(20);
      expect(await left()).toEqual([0, 0]);
    });

    it.each<[string, Partial<LegalHold>, readonly number[]]>([
      ["everything", {}, [10, 10]],
      ["one host", { scope: "host", subject: "web-1" }, [5, 5]],
      ["one log", { scope: "log", subject: "runtime-web-2" }, [5, 5]],
      ["one image", { scope: "image", subject: digestOf(2) }, [4, 4]],
      ["an image of which nothing was detected", { scope: "image", subject: digestOf(9) }, [0, 0]],
      ["a time", { since: "2026-11-24T10:00:07Z" }, [4, 4]],
    ])(
      "keeps what a hold on %s covers, with its records, until that is released",
      async (_, more, expected) => {
        await store.legalHolds.place({ ...hold, ...more });
        await retain(store, { detections: 30, records: { detection: 30 } }, daysLater(100));
        expect(await left()).toEqual(expected);
        const { rows } = await connectionOf(store).database.executeQuery<{ log_id: string }>(
          connectionOf(store)
            .database.selectFrom("records")
            .select("log_id")
            .where("class", "=", "detection")
            .compile(),
        );
        expect(rows).toHaveLength(expected.reduce((sum, each) => sum + each, 0));
        await store.legalHolds.release("case-1");
        await retain(store, { detections: 30 }, daysLater(100));
        expect(await left()).toEqual([0, 0]);
      },
    );
  });

  describe("of what a host with a wrong clock tells", () => {
    const tell = async (records: readonly AuditRecord[], receivedMs: number) =>
      await store.records.append({
        logId: "adrift",
        host: "web-3",
        receivedMs,
        records,
        project: () => deniedLaunch("b:1", digestOf(1)),
      });
    const fromThen = (from: number, to: number) =>
      recordsOf(from, to).map((record) => ({ ...record, time: "1970-01-01T00:00:07Z" }));
    const kept = async () => {
      const { database: tables } = connectionOf(store);
      const ofLog = (table: "records" | "launches" | "late_records") =>
        tables.selectFrom(table).select("log_id").where("log_id", "=", "adrift").execute();
      return [
        (await ofLog("records")).length,
        (await ofLog("launches")).length,
        (await ofLog("late_records")).length,
      ];
    };
    const policy = { launches: 30, records: { launch: 90 } };

    it("counts the age of what says that it is years old from when it came", async () => {
      await tell(fromThen(1, 4), DAY);
      await retain(store, policy, daysLater(29));
      expect(await kept()).toEqual([4, 4, 1]);
      await retain(store, policy, daysLater(31));
      expect(await kept()).toEqual([4, 0, 1]);
      await retain(store, policy, daysLater(90));
      expect(await kept()).toEqual([4, 0, 1]);
      await retain(store, policy, daysLater(91));
      expect(await kept()).toEqual([0, 0, 0]);
    });

    it("joins what comes on one day, and leaves alone what came before it in time", async () => {
      await tell(recordsOf(1, 3), DAY);
      await tell(fromThen(4, 6), daysLater(60));
      await tell(fromThen(7, 9), daysLater(60) + 1000);
      await retain(store, policy, daysLater(89));
      expect(await kept()).toEqual([9, 6, 1]);
    });

    it("goes by what was written where the server's own clock was ahead when it came", async () => {
      await tell(recordsOf(1, 3), daysLater(4000));
      expect(await kept()).toEqual([3, 3, 1]);
      await retain(store, policy, daysLater(31));
      expect(await kept()).toEqual([3, 0, 0]);
    });

    it("keeps what came today where ages are counted back from an earlier day", async () => {
      await tell(fromThen(1, 2), daysLater(40));
      await retain(store, policy, daysLater(2), daysLater(40));
      expect(await kept()).toEqual([2, 2, 1]);
    });
  });

  it("lists the holds, and takes no id twice", async () => {
    const placed = { ...hold, scope: "host", subject: "web-1", since: "2026-11-24T10:00:00.000Z" } as const;
    expect(await store.legalHolds.place(placed)).toBe(true);
    expect(await store.legalHolds.place({ ...hold, scope: "all" })).toBe(false);
    expect(await store.legalHolds.list()).toEqual([placed]);
    expect(await store.legalHolds.release("case-2")).toBe(false);
  });

  it("leaves a log able to go on, and to be sent again", async () => {
    await retain(store, fullPolicy, daysLater(100));
    const batch = {
      logId: "log",
      host: "web-1",
      records: recordsOf(1_400, 1_510),
      project: () => deniedLaunch("a:1", digestOf(1)),
    };
    expect(await store.records.append(batch)).toMatchObject({ kind: "stored", acknowledged: 1_510 });
    expect((await store.launches.list({ seen: everything, limit: 1 })).total).toBe(10);
  });
});
