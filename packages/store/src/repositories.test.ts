import { type Severity, soughtRevisions } from "@pratique/core";
import { array, assert, asyncProperty, constantFrom, integer } from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ImageQuery, openStore, type Store } from "./index.ts";
import { describeOnEach, type TestDatabase } from "./testdata/databases.ts";
import { deniedLaunch, digestOf, everything, recordsOf, reportOf, secretOf } from "./testdata/samples.ts";

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

  const all: ImageQuery = { seen: everything, sort: "severity", order: "desc", limit: 50 };

  describe("images", () => {
    beforeEach(async () => {
      const images: [string, Severity[]][] = [
        ["nginx:1.27", ["high", "low"]],
        ["old_app:1", ["critical", "high", "high"]],
        ["alpine:3.20", []],
        ["redis:7", ["medium", "unknown"]],
      ];
      for (const [index, [reference, found]] of images.entries()) {
        await store.images.put(digestOf(index + 1), reportOf(reference, found));
      }
    });

    it.each<[string, Partial<ImageQuery>, string[]]>([
      ["all, worst first", {}, ["old_app:1", "nginx:1.27", "redis:7", "alpine:3.20"]],
      [
        "all by name",
        { sort: "reference", order: "asc" },
        ["alpine:3.20", "nginx:1.27", "old_app:1", "redis:7"],
      ],
      ["those with a high or worse", { severity: "high" }, ["old_app:1", "nginx:1.27"]],
      ["those with a critical", { severity: "critical" }, ["old_app:1"]],
      ["those that hold a text in any case", { text: "NGINX" }, ["nginx:1.27"]],
      ["those that hold an underscore, taken literally", { text: "d_a" }, ["old_app:1"]],
      ["none for a percent sign, taken literally", { text: "%" }, []],
      ["none for a text that is SQL", { text: "' or 1=1 --" }, []],
      [
        "those of a distribution",
        { text: "debian 12" },
        ["old_app:1", "nginx:1.27", "redis:7", "alpine:3.20"],
      ],
      ["those that nothing was decided about", { verdict: "none", text: "redis" }, ["redis:7"]],
      ["none that was denied", { verdict: "deny" }, []],
    ])("lists %s", async (_, query, expected) => {
      const page = await store.images.list({ ...all, ...query });
      expect(page.items.map(({ reference }) => reference)).toEqual(expected);
      expect(page.total).toBe(expected.length);
    });

    it("gives the report back as it came", async () => {
      const found = await store.images.find(digestOf(1));
      expect(found?.report).toEqual(reportOf("nginx:1.27", ["high", "low"]));
      expect(found?.image).toMatchObject({ reference: "nginx:1.27", distro: "debian 12.5", packages: 1 });
      expect(await store.images.find(digestOf(99))).toBeUndefined();
    });

    it("keeps the newer of two reports, whichever comes last", async () => {
      const older = reportOf("nginx:1.27", ["critical"], { scannedAt: "2026-11-23T10:00:00Z" });
      const newer = reportOf("nginx:1.27", [], { scannedAt: "2026-11-25T10:00:00Z" });
      await store.images.put(digestOf(1), older);
      expect((await store.images.find(digestOf(1)))?.image.severities.high).toBe(1);
      await store.images.put(digestOf(1), newer);
      expect((await store.images.find(digestOf(1)))?.image.severities.high).toBe(0);
    });

    it("keeps the secrets and licences of an image where later reports looked for none, on their way at once", async () => {
      const secrets = [secretOf("aaaa")];
      const rules = { secrets: soughtRevisions.secrets };
      const reports = [
        reportOf("nginx:1.27", ["high"], { secrets, rules }),
        ...Array.from({ length: 5 }, (_, count) => reportOf(`nginx:1.2${count}`, ["high"])),
      ];
      await Promise.all(reports.map((report) => store.images.put(digestOf(1), report)));
      await store.images.put(digestOf(1), reportOf("nginx:1", [], { scannedAt: "2026-11-25T10:00:00Z" }));
      const found = await store.images.find(digestOf(1));
      expect(found?.report).toMatchObject({ target: { reference: "nginx:1" }, findings: [], secrets, rules });
      const none = reportOf("nginx:1", [], { scannedAt: "2026-11-26T10:00:00Z", secrets: [], rules });
      await store.images.put(digestOf(1), none);
      expect((await store.images.find(digestOf(1)))?.report.secrets).toEqual([]);
    });

    it("takes the secrets of an older report that comes later, and nothing else of it", async () => {
      const rules = { secrets: soughtRevisions.secrets };
      const late = { scannedAt: "2026-11-23T10:00:00Z", secrets: [secretOf("aaaa")], rules };
      await store.images.put(digestOf(1), reportOf("nginx:1.27", ["high"]));
      await store.images.put(digestOf(1), reportOf("nginx:1.26", ["critical"], late));
      const found = await store.images.find(digestOf(1));
      expect(found?.report).toEqual({ ...reportOf("nginx:1.27", ["high"]), secrets: late.secrets, rules });
      expect(found?.image).toMatchObject({ reference: "nginx:1.27", severities: { critical: 0, high: 1 } });
      const later = { ...late, scannedAt: "2026-11-22T10:00:00Z", secrets: [], rules: { secrets: 1 } };
      await store.images.put(digestOf(1), reportOf("nginx:1.25", [], later));
      expect((await store.images.find(digestOf(1)))?.report.secrets).toEqual(late.secrets);
    });

    it("takes the secrets of a report whose host says less of the image than another", async () => {
      const from = (host: string) => ({ host, at: "2026-11-24T12:00:00Z" });
      const secrets = [secretOf("aaaa")];
      await store.images.put(digestOf(8), reportOf("app:8", ["critical"]), from("one"));
      await store.images.put(digestOf(8), reportOf("app:8", ["low"], { secrets }), from("other"));
      const found = await store.images.find(digestOf(8));
      expect(found?.image.severities).toMatchObject({ critical: 1, low: 0 });
      expect(found?.report.secrets).toEqual(secrets);
    });

    it("tells in its list that the search for secrets that it keeps was not whole", async () => {
      const reason = { code: "LIMIT_REACHED", message: "not all was searched", list: "secrets" } as const;
      const assessment = { state: "partial", reasons: [reason], advisories: [] } as const;
      await store.images.put(digestOf(1), reportOf("nginx:1", [], { secrets: [], assessment }));
      await store.images.put(digestOf(1), reportOf("nginx:1", []));
      const found = await store.images.find(digestOf(1));
      expect(found?.image).toMatchObject({ assessment: "partial", assessmentCodes: ["LIMIT_REACHED"] });
      expect(found?.report.assessment).toEqual(assessment);
    });

    it("leaves what was suppressed out of the counts, and says how much it was", async () => {
      const report = reportOf("app:1", ["critical", "high"]);
      const findings = report.findings.map((finding) =>
        finding.severity === "critical" ? { ...finding, suppressed: { by: "vex" } } : finding,
      );
      await store.images.put(digestOf(9), { ...report, findings });
      const found = await store.images.find(digestOf(9));
      expect(found?.image).toMatchObject({ suppressed: 1, severities: { critical: 0, high: 1 } });
    });

    it.each(["x", "", "WzEsMl0", Buffer.from('["text","id"]').toString("base64url")])(
      "refuses the cursor %j",
      async (cursor) => {
        await expect(store.images.list({ ...all, cursor })).rejects.toMatchObject({
          code: "CURSOR_MALFORMED",
        });
      },
    );
  });

  it("pages through all images once, in one order, whatever the order is", async () => {
    const severity = constantFrom<Severity>("critical", "high", "medium", "low", "negligible", "unknown");
    for (const [index, found] of Array.from({ length: 23 }, (_, n) => n % 4).entries()) {
      await store.images.put(
        digestOf(index),
        reportOf(
          `image-${index % 7}`,
          Array.from({ length: found }, () => "high"),
        ),
      );
    }
    const sort = constantFrom("severity", "reference", "scanned", "size");
    const order = constantFrom("asc", "desc");
    await assert(
      asyncProperty(sort, order, integer({ min: 1, max: 30 }), async (by, direction, limit) => {
        const seen: string[] = [];
        let cursor: string | null = null;
        do {
          const page = await store.images.list({
            seen: everything,
            sort: by,
            order: direction,
            limit,
            ...(cursor !== null && { cursor }),
          });
          seen.push(...page.items.map(({ imageId }) => imageId));
          cursor = page.nextCursor;
        } while (cursor !== null);
        expect(seen.length).toBe(23);
        expect(new Set(seen).size).toBe(23);
      }),
      { numRuns: 30 },
    );
    await assert(
      asyncProperty(array(severity, { maxLength: 12 }), async (found) => {
        await store.images.put(digestOf(1000), reportOf("random", found));
        const image = (await store.images.find(digestOf(1000)))?.image;
        expect(Object.values(image?.severities ?? {}).reduce((sum, count) => sum + count, 0)).toBe(
          found.length,
        );
      }),
      { numRuns: 20 },
    );
  });

  describe("records", () => {
    const batchOf = (from: number, to: number, more = {}) => ({
      logId: "log",
      host: "web-1",
      records: recordsOf(from, to, more),
      project: () => deniedLaunch("nginx:1.27", digestOf(1)),
    });

    it("are taken once, however often they are sent", async () => {
      expect(await store.records.append(batchOf(1, 5))).toMatchObject({ kind: "stored", acknowledged: 5 });
      expect(await store.records.append(batchOf(1, 5))).toMatchObject({ kind: "stored", acknowledged: 5 });
      expect(await store.records.append(batchOf(4, 8))).toMatchObject({ kind: "stored", acknowledged: 8 });
      expect((await store.launches.list({ seen: everything, limit: 50 })).total).toBe(8);
    });

    it("that leave a gap are refused, and the answer says from where to send", async () => {
      await store.records.append(batchOf(1, 3));
      expect(await store.records.append(batchOf(5, 6))).toMatchObject({ kind: "gap", acknowledged: 3 });
      const holed = { ...batchOf(4, 6), records: [...recordsOf(4, 4), ...recordsOf(6, 6)] };
      expect(await store.records.append(holed)).toMatchObject({ kind: "gap", acknowledged: 3 });
      expect((await store.launches.list({ seen: everything, limit: 50 })).total).toBe(3);
    });

    it("that contradict what is held are refused", async () => {
      await store.records.append(batchOf(1, 3));
      const [first] = recordsOf(4, 4);
      const [held] = recordsOf(3, 3);
      if (first === undefined || held === undefined) throw new Error("no sample");
      const other = "e".repeat(64);
      for (const records of [[{ ...first, previousHash: other }], [{ ...held, hash: other }]]) {
        expect(await store.records.append({ ...batchOf(4, 4), records })).toMatchObject({
          kind: "forked",
          acknowledged: 3,
        });
      }
    });

    it("of two logs do not mix", async () => {
      await store.records.append(batchOf(1, 3));
      await store.records.append({ ...batchOf(1, 2), logId: "other" });
      expect(await store.records.acknowledged("log")).toBe(3);
      expect(await store.records.acknowledged("other")).toBe(2);
      expect(await store.records.acknowledged("none")).toBe(0);
    });

    it("of many logs that come at once are stored together, each by its own merits", async () => {
      const answers = await Promise.all([
        ...Array.from({ length: 300 }, (_, index) =>
          store.records.append({ ...batchOf(1, 1 + (index % 9)), logId: `log-${index}`, host: `h-${index}` }),
        ),
        store.records.append({ ...batchOf(3, 4), logId: "holed" }),
        store.records.append({ ...batchOf(2, 3), logId: "log-0" }),
        store.records.append({ ...batchOf(1, 5), logId: "log-0" }),
      ]);
      expect(answers.slice(0, 300).every(({ kind }) => kind === "stored")).toBe(true);
      expect(answers.slice(300).map(({ kind, acknowledged }) => [kind, acknowledged])).toEqual([
        ["gap", 0],
        ["stored", 3],
        ["stored", 5],
      ]);
      const [, , last] = recordsOf(1, 3);
      expect(answers.at(-1)?.before).toEqual({ sequence: 3, hash: last?.hash });
      const total = Array.from({ length: 300 }, (_, index) => 1 + (index % 9)).reduce((a, b) => a + b) + 4;
      expect((await store.launches.list({ seen: everything, limit: 50 })).total).toBe(total);
      expect(await store.records.head("log-299")).toMatchObject({ acknowledged: 3, host: "h-299" });
    });

    it("that cannot be stored keep no others from it", async () => {
      const [first] = recordsOf(1, 1);
      if (first === undefined) throw new Error("no sample");
      const broken = { ...first, action: 1n as unknown as string, data: { at: 1n as unknown as number } };
      const answers = await Promise.allSettled([
        store.records.append({ ...batchOf(1, 2), logId: "good" }),
        store.records.append({ ...batchOf(1, 1), logId: "bad", records: [broken] }),
      ]);
      expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
      expect(await store.records.acknowledged("good")).toBe(2);
      expect(await store.records.acknowledged("bad")).toBe(0);
    });

    it("set the verdict of their image, in whichever order the two arrive", async () => {
      await store.records.append(batchOf(1, 1));
      await store.images.put(digestOf(1), reportOf("nginx:1.27", []));
      await store.images.put(digestOf(2), reportOf("other:1", []));
      const denied = await store.images.list({ ...all, verdict: "deny" });
      expect(denied.items.map(({ reference }) => reference)).toEqual(["nginx:1.27"]);
      await store.records.append({
        ...batchOf(2, 2),
        project: () => ({ ...deniedLaunch("other:1", digestOf(2)), decision: "allow", outcome: "allowed" }),
      });
      expect((await store.images.list({ ...all, verdict: "allow" })).items).toHaveLength(1);
    });
  });

  describe("launches", () => {
    beforeEach(async () => {
      await store.records.append({
        logId: "log",
        host: "web-1",
        records: recordsOf(1, 12),
        project: ({ sequence }) => ({
          ...deniedLaunch(sequence % 2 === 0 ? "even:1" : "odd:1", digestOf(sequence % 2)),
          outcome: sequence % 3 === 0 ? "observed" : "denied",
        }),
      });
    });

    it("are counted up to ten thousand, and found beyond", async () => {
      await store.records.append({
        logId: "long",
        host: "web-2",
        records: recordsOf(1, 10_020),
        project: ({ sequence }) => deniedLaunch(sequence <= 30 ? "old:1" : "new:1"),
      });
      expect((await store.launches.list({ seen: everything, limit: 1 })).total).toBe(10_000);
      const old = await store.launches.list({ seen: everything, limit: 50, text: "old:" });
      expect([old.total, old.items.at(-1)?.sequence, old.nextCursor]).toEqual([30, 1, null]);
    });

    it("come newest first, page by page", async () => {
      const first = await store.launches.list({ seen: everything, limit: 8 });
      const second = await store.launches.list({
        seen: everything,
        limit: 8,
        cursor: first.nextCursor ?? "",
      });
      expect([...first.items, ...second.items].map(({ sequence }) => sequence)).toEqual([
        12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1,
      ]);
      expect(second.nextCursor).toBeNull();
    });

    it("are found by image, outcome, text and id", async () => {
      expect((await store.launches.list({ seen: everything, limit: 50, imageId: digestOf(0) })).total).toBe(
        6,
      );
      expect((await store.launches.list({ seen: everything, limit: 50, outcome: "observed" })).total).toBe(4);
      expect((await store.launches.list({ seen: everything, limit: 50, text: "ODD" })).total).toBe(6);
      expect((await store.launches.list({ seen: everything, limit: 50, text: "NO-CRIT" })).total).toBe(12);
      expect(await store.launches.find("log.3")).toMatchObject({
        sequence: 3,
        document: { image: "odd:1" },
      });
      expect(await store.launches.find("log.99")).toBeUndefined();
    });

    it("are counted by hour", async () => {
      expect(await store.statistics.launchesSince("2026-11-24T00:00:00.000Z", everything)).toEqual([
        { hour: "2026-11-24T10", outcome: "denied", launches: 8 },
        { hour: "2026-11-24T10", outcome: "observed", launches: 4 },
      ]);
      expect(await store.statistics.launchesSince("2026-11-25T00:00:00.000Z", everything)).toEqual([]);
    });
  });

  it("counts images by their worst finding", async () => {
    const found: Severity[][] = [
      ["critical", "low"],
      ["high"],
      ["high", "high"],
      ["negligible"],
      ["unknown"],
      [],
    ];
    for (const [index, severities] of found.entries()) {
      await store.images.put(digestOf(index), reportOf(`image:${index}`, severities));
    }
    expect(await store.statistics.images(everything)).toEqual({
      total: 6,
      clean: 1,
      notAssessed: 0,
      worst: { critical: 1, high: 2, medium: 0, low: 0, negligible: 1, unknown: 1 },
      findings: { critical: 1, high: 3, medium: 0, low: 1, negligible: 1, unknown: 1 },
    });
  });

  describe("sign-in tokens", () => {
    const link = { token: "secret", account: "admin", expiresAtMs: 1000 };

    it("are good once", async () => {
      await store.people.signInTokens.add(link, 0);
      const redeemed = await Promise.all([1, 2, 3].map(() => store.people.signInTokens.redeem("secret", 1)));
      expect(redeemed.filter((account) => account !== undefined)).toEqual(["admin"]);
    });

    it("expire", async () => {
      await store.people.signInTokens.add(link, 0);
      expect(await store.people.signInTokens.redeem("secret", 1000)).toBeUndefined();
    });

    it("are refused where they were made while the clock was ahead, and are used up by that", async () => {
      const tenYears = 3653 * 86_400_000;
      await store.people.signInTokens.add({ ...link, expiresAtMs: tenYears }, 0);
      expect(await store.people.signInTokens.redeem("secret", 1)).toBeUndefined();
      expect(await store.people.signInTokens.redeem("secret", tenYears - 1)).toBeUndefined();
    });

    it("end, and others do not", async () => {
      await store.people.signInTokens.add(link, 0);
      await store.people.signInTokens.add({ ...link, token: "other", account: "ann" }, 0);
      await store.people.signInTokens.end("admin");
      expect(await store.people.signInTokens.redeem("secret", 1)).toBeUndefined();
      expect(await store.people.signInTokens.redeem("other", 1)).toBe("ann");
    });
  });

  describe("changes", () => {
    it("are numbered in order, and told to listeners once they are stored", async () => {
      let calls = 0;
      const stop = store.changes.onChange(() => {
        calls += 1;
      });
      await store.images.put(digestOf(1), reportOf("a:1", []));
      await store.hosts.put({ name: "web-1", logId: "log", heardAt: "2026-11-24T10:00:00Z", status: {} });
      stop();
      await store.images.put(digestOf(2), reportOf("b:1", []));
      expect(calls).toBe(2);
      expect(await store.changes.since(1, 10)).toEqual({
        complete: true,
        changes: [
          { sequence: 2, kind: "host", subject: "web-1" },
          { sequence: 3, kind: "image", subject: digestOf(2) },
        ],
      });
    });

    it("tell of launches that come together as some, and where those lie that were refused", async () => {
      const batch = { logId: "log", host: "web-1", project: () => deniedLaunch("a:1") };
      await store.records.append({ ...batch, records: recordsOf(1, 2) });
      await store.records.append({ ...batch, records: recordsOf(3, 40) });
      expect((await store.changes.since(0, 10)).changes.map(({ kind, subject }) => [kind, subject])).toEqual([
        ["launch", "log.1"],
        ["launch", "log.2"],
        ["launch", ""],
        ["launch-records", "log.3-40"],
      ]);
    });

    it("that a reader has never seen, or that were forgotten, are told as missed", async () => {
      expect((await store.changes.since(7, 10)).complete).toBe(false);
      for (let from = 1; from <= 10_100; from += 500) {
        await store.changes.write(async (_, changed) => {
          for (let at = from; at < from + 500; at += 1) changed({ kind: "launch", subject: `log.${at}` });
        });
      }
      expect((await store.changes.since(3, 10)).complete).toBe(false);
      expect((await store.changes.since(10_000, 10)).complete).toBe(true);
      expect(await store.changes.last()).toBe(10_500);
    });
  });

  it("knows the host that was heard of last", async () => {
    expect(await store.hosts.latest()).toBeUndefined();
    await store.hosts.put({ name: "a", logId: "l", heardAt: "2026-11-24T10:00:00Z", status: { n: 1 } });
    await store.hosts.put({ name: "b", logId: "l", heardAt: "2026-11-24T11:00:00Z", status: { n: 2 } });
    expect(await store.hosts.latest()).toMatchObject({ name: "b", status: { n: 2 } });
  });
});
