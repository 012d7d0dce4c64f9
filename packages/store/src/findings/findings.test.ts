import type { Finding, Package, ScanReport } from "@pratique/core";
import { array, assert, asyncProperty, boolean, constantFrom, integer, record } from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FindingQuery, openStore, type Store } from "../index.ts";
import { RowInserter } from "../insert-rows.ts";
import { connectionOf } from "../store-connection.ts";
import { describeOnEach, type TestDatabase } from "../testdata/databases.ts";
import { digestOf, everything, reportOf } from "../testdata/samples.ts";
import { rankOf, severityOf } from "./finding-row.ts";

const severityNames = ["critical", "high", "medium", "low", "negligible", "unknown"] as const;

function packageOf(name: string, version = "1", id = name): Package {
  return { id, type: "deb", name, version, purl: `pkg:deb/${name}@${version}`, paths: [] };
}

function findingOf(id: string, packageId: string, more: Partial<Finding> = {}): Finding {
  return {
    id,
    aliases: [],
    packageId,
    severity: "high",
    status: "affected",
    knownExploited: false,
    source: "debian-tracker",
    advisory: id,
    ...more,
  };
}

function reportWith(findings: readonly Finding[], more: Partial<ScanReport> = {}): ScanReport {
  const packages = [...new Set(findings.map(({ packageId }) => packageId))].map((name) => packageOf(name));
  return { ...reportOf("app:1", []), packages, findings, ...more };
}

const all: FindingQuery = { seen: everything, sort: "severity", order: "desc", limit: 100 };

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

  describe("findings", () => {
    beforeEach(async () => {
      await store.images.put(
        digestOf(1),
        reportWith(
          [
            findingOf("CVE-2026-1", "openssl", { severity: "critical", knownExploited: true, epss: 0.9 }),
            findingOf("CVE-2026-2", "bash", { severity: "low", fixedVersion: "2", epss: 0.1 }),
            findingOf("GHSA-xY_z", "lodash", { severity: "medium" }),
            findingOf("CVE-2026-9", "bash", { severity: "critical", suppressed: { by: "vex" } }),
          ],
          { scannedAt: "2026-11-20T10:00:00Z" },
        ),
      );
      await store.images.put(
        digestOf(2),
        reportWith(
          [findingOf("CVE-2026-1", "openssl", { severity: "high", fixedVersion: "3.1", epss: 0.9 })],
          {
            scannedAt: "2026-11-24T10:00:00Z",
            target: { reference: "other:2" },
          },
        ),
      );
    });

    it.each<[string, Partial<FindingQuery>, string[]]>([
      ["all, worst first", {}, ["CVE-2026-1@1", "CVE-2026-1@2", "GHSA-xY_z@1", "CVE-2026-2@1"]],
      [
        "all, mildest first",
        { order: "asc" },
        ["CVE-2026-2@1", "GHSA-xY_z@1", "CVE-2026-1@2", "CVE-2026-1@1"],
      ],
      [
        "all by id",
        { sort: "id", order: "asc" },
        ["CVE-2026-1@1", "CVE-2026-1@2", "CVE-2026-2@1", "GHSA-xY_z@1"],
      ],
      ["all by EPSS", { sort: "epss" }, ["CVE-2026-1@2", "CVE-2026-1@1", "CVE-2026-2@1", "GHSA-xY_z@1"]],
      ["the newest", { sort: "firstSeen", limit: 1 }, ["CVE-2026-1@2"]],
      ["the bad ones", { severity: "high" }, ["CVE-2026-1@1", "CVE-2026-1@2"]],
      ["those an update mends", { fixable: true }, ["CVE-2026-1@2", "CVE-2026-2@1"]],
      ["those no update mends", { fixable: false }, ["CVE-2026-1@1", "GHSA-xY_z@1"]],
      ["those known to be exploited", { knownExploited: true }, ["CVE-2026-1@1"]],
      [
        "those not known to be exploited",
        { knownExploited: false },
        ["CVE-2026-1@2", "GHSA-xY_z@1", "CVE-2026-2@1"],
      ],
      ["those of an image", { imageId: digestOf(2) }, ["CVE-2026-1@2"]],
      ["those first seen after a day", { firstSeenAfter: "2026-11-21T00:00:00Z" }, ["CVE-2026-1@2"]],
      ["the suppressed too", { withSuppressed: true, text: "bash" }, ["CVE-2026-9@1", "CVE-2026-2@1"]],
      ["those of a package, in any case", { text: "OpenS" }, ["CVE-2026-1@1", "CVE-2026-1@2"]],
      ["those of a vulnerability, in any case", { text: "ghsa-XY" }, ["GHSA-xY_z@1"]],
      ["an underscore, taken literally", { text: "_" }, ["GHSA-xY_z@1"]],
      ["none for a percent sign", { text: "%" }, []],
      ["none for a text that is SQL", { text: "' or 1=1 --" }, []],
      ["none for a text that only a suppressed one has", { text: "CVE-2026-9" }, []],
    ])("lists %s", async (_, query, expected) => {
      const page = await store.findings.list({ ...all, ...query });
      expect(page.items.map(({ id, imageId }) => `${id}@${Number(imageId.slice(-4))}`)).toEqual(expected);
      expect(page.totalIsExact).toBe(true);
      expect(page.total).toBe(query.limit === undefined ? expected.length : 4);
    });

    it("gives all that is known of one", async () => {
      const page = await store.findings.list({ ...all, imageId: digestOf(2) });
      expect(page.items).toEqual([
        {
          imageId: digestOf(2),
          reference: "other:2",
          id: "CVE-2026-1",
          packageName: "openssl",
          packageVersion: "1",
          packageType: "deb",
          severity: "high",
          status: "affected",
          fixedVersion: "3.1",
          knownExploited: false,
          epss: 0.9,
          source: "debian-tracker",
          firstSeen: "2026-11-24T10:00:00.000Z",
          risk: 44,
        },
      ]);
    });

    it("keep the day of their first scan, and go when they are not found any more", async () => {
      const again = reportWith(
        [
          findingOf("CVE-2026-2", "bash", { severity: "low", fixedVersion: "2", epss: 0.1 }),
          findingOf("CVE-2026-1", "openssl", { severity: "medium" }),
          findingOf("CVE-2026-7", "bash"),
        ],
        { scannedAt: "2026-11-25T10:00:00Z" },
      );
      await store.images.put(digestOf(1), again);
      const { items } = await store.findings.list({ ...all, imageId: digestOf(1), sort: "id", order: "asc" });
      expect(items.map(({ id, severity, firstSeen }) => [id, severity, firstSeen.slice(0, 10)])).toEqual([
        ["CVE-2026-1", "medium", "2026-11-20"],
        ["CVE-2026-2", "low", "2026-11-20"],
        ["CVE-2026-7", "high", "2026-11-25"],
      ]);
    });

    it("of an older report change nothing", async () => {
      await store.images.put(digestOf(1), reportWith([], { scannedAt: "2026-11-19T10:00:00Z" }));
      expect((await store.findings.list({ ...all, imageId: digestOf(1) })).total).toBe(3);
    });

    it.each(["x", "", Buffer.from('["text","1"]').toString("base64url")])(
      "refuse the cursor %j",
      async (cursor) => {
        await expect(store.findings.list({ ...all, cursor })).rejects.toMatchObject({
          code: "CURSOR_MALFORMED",
        });
      },
    );

    it("are summed up by vulnerability", async () => {
      const page = await store.vulnerabilities.list({
        seen: everything,
        sort: "severity",
        order: "desc",
        limit: 10,
      });
      expect(page.total).toBe(3);
      expect(page.items).toEqual([
        { id: "CVE-2026-1", images: 2, worst: "critical", fixable: 1, knownExploited: true, epss: 0.9 },
        { id: "GHSA-xY_z", images: 1, worst: "medium", fixable: 0, knownExploited: false },
        { id: "CVE-2026-2", images: 1, worst: "low", fixable: 1, knownExploited: false, epss: 0.1 },
      ]);
      expect(await store.vulnerabilities.find("CVE-2026-9")).toBeUndefined();
      await store.images.put(digestOf(1), reportWith([], { scannedAt: "2026-11-25T10:00:00Z" }));
      expect(await store.vulnerabilities.find("CVE-2026-1")).toEqual({
        id: "CVE-2026-1",
        images: 1,
        worst: "high",
        fixable: 1,
        knownExploited: false,
        epss: 0.9,
      });
      expect(await store.vulnerabilities.find("CVE-2026-2")).toBeUndefined();
    });

    it("are found by what is asked of their vulnerability, page by page", async () => {
      const list = async (query: object) => {
        const page = await store.vulnerabilities.list({
          seen: everything,
          sort: "images",
          order: "desc",
          limit: 9,
          ...query,
        });
        return page.items.map(({ id }) => id);
      };
      expect(await list({ text: "ghsa" })).toEqual(["GHSA-xY_z"]);
      expect(await list({ severity: "medium" })).toEqual(["CVE-2026-1", "GHSA-xY_z"]);
      expect(await list({ fixable: false })).toEqual(["GHSA-xY_z"]);
      expect(await list({ knownExploited: true })).toEqual(["CVE-2026-1"]);
      const first = await store.vulnerabilities.list({
        seen: everything,
        sort: "id",
        order: "asc",
        limit: 2,
      });
      expect(await list({ sort: "id", order: "asc", cursor: first.nextCursor })).toEqual(["GHSA-xY_z"]);
    });

    it("make a point of each day that was recorded", async () => {
      await store.timeline.record(Date.UTC(2026, 10, 24, 1));
      await store.images.put(digestOf(2), reportWith([], { scannedAt: "2026-11-25T10:00:00Z" }));
      await store.timeline.record(Date.UTC(2026, 10, 24, 23));
      await store.timeline.record(Date.UTC(2026, 10, 26));
      const points = await store.timeline.between("2026-11-24", "2026-11-25");
      expect(points).toEqual([
        {
          day: "2026-11-24",
          images: 2,
          severities: { critical: 1, high: 0, medium: 1, low: 1, negligible: 0, unknown: 0 },
          fixable: 1,
          knownExploited: 1,
        },
      ]);
      expect(await store.timeline.between("2026-11-24", "2026-11-26")).toHaveLength(2);
    });
  });

  it("makes one row of a package that lies in two places, as bad as the worse", async () => {
    const packages = [packageOf("lodash", "4.0.0", "a/lodash"), packageOf("lodash", "4.0.0", "b/lodash")];
    const findings = [
      findingOf("CVE-2026-1", "a/lodash", { severity: "low" }),
      findingOf("CVE-2026-1", "b/lodash", { severity: "high" }),
      findingOf("CVE-2026-1", "gone"),
    ];
    await store.images.put(digestOf(1), { ...reportOf("a:1", []), packages, findings });
    const { items } = await store.findings.list(all);
    expect(items.map(({ packageName, severity }) => [packageName, severity])).toEqual([
      ["gone", "high"],
      ["lodash", "high"],
    ]);
  });

  it("stores names that no database can hold as they are, and finds them the same at the next scan", async () => {
    const report = reportWith([findingOf("CVE-1", "a\0b\uD800")]);
    await store.images.put(digestOf(1), report);
    const before = await store.findings.list(all);
    await store.images.put(digestOf(1), { ...report, scannedAt: "2026-11-25T10:00:00Z" });
    expect(before.items).toMatchObject([{ packageName: "a\uFFFDb\uFFFD" }]);
    expect(await store.findings.list(all)).toEqual(before);
  });

  it("counts what is there, whatever reports come and go", async () => {
    const finding = record({
      id: constantFrom("CVE-1", "CVE-2", "CVE-3"),
      packageId: constantFrom("a", "b"),
      severity: constantFrom(...severityNames),
      fixed: boolean(),
      suppressed: boolean(),
      knownExploited: boolean(),
    });
    let clock = Date.UTC(2026, 10, 24);
    await assert(
      asyncProperty(integer({ min: 1, max: 3 }), array(finding, { maxLength: 6 }), async (image, found) => {
        clock += 1_000;
        const findings = found.map(({ id, packageId, fixed, suppressed, ...more }) =>
          findingOf(id, packageId, {
            ...more,
            ...(fixed && { fixedVersion: "2" }),
            ...(suppressed && { suppressed: { by: "me" } }),
          }),
        );
        await store.images.put(
          digestOf(image),
          reportWith(findings, { scannedAt: new Date(clock).toISOString() }),
        );
        const { items } = await store.findings.list(all);
        for (const id of ["CVE-1", "CVE-2", "CVE-3"]) {
          const open = items.filter((item) => item.id === id);
          const summary = await store.vulnerabilities.find(id);
          expect(summary?.images ?? 0).toBe(new Set(open.map(({ imageId }) => imageId)).size);
          expect(summary?.worst).toBe(open.at(0)?.severity);
          const fixable = open.filter(({ fixedVersion }) => fixedVersion !== undefined);
          expect(summary?.fixable ?? 0).toBe(new Set(fixable.map(({ imageId }) => imageId)).size);
          expect(summary?.knownExploited ?? false).toBe(open.some(({ knownExploited }) => knownExploited));
        }
      }),
      { numRuns: 40 },
    );
  });

  it("pages through all that there are once, in every order, few or many", async () => {
    const { database: kysely } = connectionOf(store);
    for (const [count, from] of [
      [37, 0],
      [10_500, 37],
    ] as const) {
      const rows = Array.from({ length: count }, (_, index) => ({
        image_id: digestOf(Math.floor((from + index) / 50)),
        id: `CVE-${(from + index) % 50}`,
        package_name: `p${(from + index) % 7}`,
        package_version: "1",
        package_type: "deb",
        severity: (from + index) % 6,
        status: "affected",
        fixed_version: null,
        known_exploited: 0,
        epss: ((from + index) % 9) / 10,
        source: "s",
        first_seen: `2026-11-${10 + ((from + index) % 5)}T00:00:00.000Z`,
        suppressed_by: null,
      }));
      const columns = Object.keys(rows[0] ?? {}) as (keyof (typeof rows)[number])[];
      const inserter = new RowInserter("findings", columns);
      await kysely.transaction().execute(async (transaction) => await inserter.insert(transaction, rows));
      for (const sort of ["severity", "epss", "firstSeen", "id"] as const) {
        const seen = new Set<string>();
        let cursor: string | null = null;
        let pages = 0;
        do {
          const page = await store.findings.list({
            seen: everything,
            sort,
            order: "desc",
            limit: Math.ceil((from + count) / 8),
            ...(cursor !== null && { cursor }),
          });
          expect(page.total).toBe(Math.min(from + count, 10_000));
          expect(page.totalIsExact).toBe(from + count <= 10_000);
          for (const { imageId, id } of page.items) seen.add(`${imageId} ${id}`);
          cursor = page.nextCursor;
          pages += 1;
        } while (cursor !== null);
        expect(seen.size).toBe(from + count);
        expect(pages).toBe(8);
      }
    }
  });

  it("fills in what reports said before there was a table for it", async () => {
    await store.images.put(digestOf(1), reportWith([findingOf("CVE-2026-1", "openssl")]));
    await store.images.put(digestOf(2), reportWith([findingOf("CVE-2026-1", "openssl")]));
    const before = await store.findings.list({ ...all, sort: "id" });
    const { database: kysely } = connectionOf(store);
    await kysely.deleteFrom("findings").execute();
    await kysely.deleteFrom("vulnerabilities").execute();
    await kysely.updateTable("images").set({ findings_stored: 0 }).execute();
    await kysely
      .updateTable("images")
      .set({ report: Buffer.from("damaged") })
      .where("image_id", "=", digestOf(2))
      .execute();
    const again = await openStore(database.options);
    const after = await again.findings.list(all);
    expect(after.items).toEqual(before.items.filter(({ imageId }) => imageId === digestOf(1)));
    await again.close();
  });
});

it.each(severityNames)("orders %s by a number, and back", (severity) => {
  expect(severityOf(rankOf(severity))).toBe(severity);
  expect(rankOf(severity)).toBe(5 - severityNames.indexOf(severity));
});
