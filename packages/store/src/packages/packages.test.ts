import type { Finding, Package, ScanReport } from "@pratique/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { APPLIED_ADVISORIES, openStore, retain, type Store } from "../index.ts";
import { connectionOf } from "../store-connection.ts";
import { describeOnEach, type TestDatabase } from "../testdata/databases.ts";
import { digestOf, everything, reportOf } from "../testdata/samples.ts";

const AT = "2026-11-25T08:00:00.000Z";
const LATER = "2026-11-26T08:00:00.000Z";

function packageOf(name: string, version = "1", more: Partial<Package> = {}): Package {
  return { id: `${name}@${version}`, type: "deb", name, version, purl: "", paths: [], ...more };
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

function reportWith(
  packages: readonly Package[],
  findings: readonly Finding[] = [],
  more: Partial<ScanReport> = {},
): ScanReport {
  return { ...reportOf("app:1", []), packages, findings, ...more };
}

/** The advisories of a report, built at a time. */
function builtAt(at: string): Pick<ScanReport, "assessment"> {
  const advisories = [{ source: "osv", builtAt: at, stale: false, coverage: "full" }] as const;
  return { assessment: { state: "complete", reasons: [], advisories } };
}

const openssl = packageOf("libssl3", "3.0", { source: { name: "openssl", version: "3.0" } });
const bash = packageOf("bash");

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

  /** The packages of each image by name, as often as it has them. */
  async function packagesOfImages(): Promise<Record<string, readonly string[]>> {
    const names = new Map<number, string>();
    await store.packages.eachInstance(({ number, instance }) => names.set(number, instance.package.name));
    const images: Record<string, readonly string[]> = {};
    await store.packages.eachImage(({ imageId, numbers }) => {
      images[imageId] = [...numbers].map((number) => names.get(number) ?? "").sort();
    });
    return images;
  }

  async function affectedIds(since = "2026-11-01T00:00:00Z"): Promise<readonly string[]> {
    const { items } = await store.newlyAffected.list({ seen: everything, since, limit: 100 });
    return items.flatMap(({ worst }) => worst);
  }

  async function listedIds(): Promise<readonly string[]> {
    const { items } = await store.findings.list({ seen: everything, sort: "id", order: "asc", limit: 100 });
    return items.map(({ id }) => id);
  }

  describe("packages", () => {
    it("are known by all images that have them, as often as they do", async () => {
      const twice = { ...bash, id: "bash elsewhere" };
      await store.images.put(digestOf(1), reportWith([openssl, bash, twice]));
      await store.images.put(digestOf(2), reportWith([bash]));
      expect(await packagesOfImages()).toEqual({
        [digestOf(1)]: ["bash", "bash", "libssl3"],
        [digestOf(2)]: ["bash"],
      });
    });

    it("are found by their own names, those of their sources and owners, however these are spelt", async () => {
      const owned = packageOf("Lod_Ash", "1", { type: "npm", ownedBy: openssl.id });
      await store.images.put(digestOf(1), reportWith([openssl, owned, bash]));
      const namesOf = async (...names: string[]) =>
        (await store.packages.named(names)).map(({ instance }) => instance.package.name).sort();
      expect(await namesOf("openssl")).toEqual(["Lod_Ash", "libssl3"]);
      expect(await namesOf("lod-ash")).toEqual(["Lod_Ash"]);
      expect(await namesOf("zlib")).toEqual([]);
      expect(await namesOf("bash", "openssl")).toHaveLength(3);
    });

    it("are other ones in another distribution, and the same in another image of it", async () => {
      const inAlpine = { reference: "app:2", distro: { id: "alpine", version: "3.20" } };
      await store.images.put(digestOf(1), reportWith([bash]));
      await store.images.put(digestOf(2), reportWith([bash]));
      await store.images.put(digestOf(3), reportWith([bash], [], { target: inAlpine }));
      expect(await store.packages.named(["bash"])).toHaveLength(2);
    });

    it("follow what is reported, and go with the image", async () => {
      await store.images.put(digestOf(1), reportWith([openssl, bash]));
      await store.images.put(digestOf(2), reportWith([bash], [], { scannedAt: LATER }));
      await store.images.put(digestOf(1), reportWith([bash]));
      expect(await packagesOfImages()).toMatchObject({ [digestOf(1)]: ["bash"] });
      await retain(store, { reports: 1 }, Date.parse(LATER));
      expect(await packagesOfImages()).toEqual({ [digestOf(2)]: ["bash"] });
      expect(await store.packages.named(["openssl"])).toEqual([]);
    });

    it("are made again of reports that were stored before they were noted", async () => {
      for (const number of [1, 2, 3]) await store.images.put(digestOf(number), reportWith([openssl, bash]));
      const before = await packagesOfImages();
      for (const table of ["image_packages", "package_names", "package_instances"]) {
        await connectionOf(store)
          .database.deleteFrom(table as "image_packages")
          .execute();
      }
      expect(await store.packages.fill(AT)).toBe(3);
      expect(await store.packages.fill(AT)).toBe(0);
      expect(await packagesOfImages()).toEqual(before);
      expect(await store.packages.countDue()).toBe(3);
    });

    it("keep any name that an image can give them", async () => {
      const odd = packageOf("a\0\uD800\u{1F600}");
      await store.images.put(digestOf(1), reportWith([odd], [findingOf("CVE-2026-0001", odd.id)]));
      const renewed = reportWith([odd], [findingOf("CVE-2026-0002", odd.id)], { scannedAt: LATER });
      await store.images.put(digestOf(1), renewed);
      expect(await affectedIds()).toEqual(["CVE-2026-0002"]);
    });
  });

  describe("what is newly affected", () => {
    it("is what is found in packages that an image had before, and nothing that came with them", async () => {
      await store.images.put(digestOf(1), reportWith([bash], [findingOf("CVE-2026-0001", bash.id)]));
      expect(await affectedIds()).toEqual([]);
      const findings = ["CVE-2026-0001", "CVE-2026-0002"].map((id) => findingOf(id, bash.id));
      const withMore = [...findings, findingOf("CVE-2026-0003", openssl.id)];
      await store.images.put(digestOf(1), reportWith([bash, openssl], withMore, { scannedAt: LATER }));
      expect(await affectedIds()).toEqual(["CVE-2026-0002"]);
      expect(await affectedIds(LATER)).toEqual([]);
      const changes = (await store.changes.since(0, 100)).changes;
      expect(changes.filter(({ kind }) => kind === "newly-affected")).toHaveLength(1);
    });

    it("goes when the finding goes", async () => {
      await store.images.put(digestOf(1), reportWith([bash]));
      await store.images.put(digestOf(1), reportWith([bash], [findingOf("CVE-2026-0002", bash.id)]));
      expect(await affectedIds()).toEqual(["CVE-2026-0002"]);
      await store.images.put(digestOf(1), reportWith([bash]));
      expect(await affectedIds()).toEqual([]);
    });

    it("lists images that run first, then the worst", async () => {
      const severities = ["low", "critical", "high"] as const;
      for (const [index, severity] of severities.entries()) {
        const imageId = digestOf(index + 1);
        await store.images.put(imageId, reportWith([bash]));
        const finding = findingOf(`CVE-2026-000${index}`, bash.id, { severity, fixedVersion: "2" });
        await store.images.put(imageId, reportWith([bash], [finding]));
      }
      const container = { id: "c1", name: "c1", image: "app:1", imageId: digestOf(1), state: "running" };
      const containers = [{ ...container, document: {} }];
      await store.hosts.put({ name: "web-1", logId: "log", heardAt: AT, status: {}, labels: {} });
      await store.fleet.containers.replace({ host: "web-1", takenAt: AT, containers });
      const query = { seen: everything, since: "2026-11-01T00:00:00Z" };
      const first = await store.newlyAffected.list({ ...query, limit: 2 });
      expect(first.items.map(({ imageId }) => imageId)).toEqual([digestOf(1), digestOf(2)]);
      expect(first).toMatchObject({ total: 3, running: 1 });
      expect(first.items[1]).toMatchObject({
        fixable: 1,
        severities: { critical: 1, low: 0 },
        reference: "app:1",
      });
      const cursor = first.nextCursor ?? "";
      const rest = await store.newlyAffected.list({ ...query, limit: 2, cursor });
      expect(rest.items.map(({ imageId }) => imageId)).toEqual([digestOf(3)]);
      expect(rest.nextCursor).toBeNull();
      expect((await store.newlyAffected.list({ ...query, limit: 9, running: false })).total).toBe(2);
      expect((await store.newlyAffected.list({ ...query, limit: 9, severity: "high" })).total).toBe(2);
      const bad = Buffer.from(JSON.stringify(["x", "y"])).toString("base64url");
      await expect(store.newlyAffected.list({ ...query, limit: 9, cursor: bad })).rejects.toMatchObject({
        code: "CURSOR_MALFORMED",
      });
    });
  });

  describe("affecting images", () => {
    const { packageId: _, ...found } = findingOf("CVE-2026-0009", "", { severity: "critical" });
    const affected = [{ imageId: digestOf(1), found: [{ package: openssl, findings: [found] }] }];

    beforeEach(async () => {
      await store.images.put(digestOf(1), reportWith([openssl, bash], [findingOf("CVE-2026-0001", bash.id)]));
      await store.images.put(digestOf(2), reportWith([bash]));
    });

    it("adds findings, counts them, and says so, once however often it is done", async () => {
      expect(await store.packages.affect(affected, { at: AT, tells: true })).toBe(1);
      expect(await store.packages.affect(affected, { at: LATER, tells: true })).toBe(0);
      expect(await listedIds()).toEqual(["CVE-2026-0001", "CVE-2026-0009"]);
      expect(await affectedIds()).toEqual(["CVE-2026-0009"]);
      expect(await store.vulnerabilities.find("CVE-2026-0009")).toMatchObject({
        images: 1,
        worst: "critical",
      });
      expect(await store.packages.due(10)).toEqual([digestOf(1)]);
      const { changes } = await store.changes.since(0, 100);
      expect(changes.filter(({ kind }) => kind === "newly-affected").map(({ subject }) => subject)).toEqual([
        digestOf(1),
      ]);
    });

    it("adds nothing to an image that was forgotten meanwhile", async () => {
      await retain(store, { reports: 30 }, Date.parse("2027-06-01T00:00:00Z"));
      expect(await store.packages.affect(affected, { at: AT, tells: true })).toBe(0);
      expect(await listedIds()).toEqual([]);
      expect(await store.vulnerabilities.find("CVE-2026-0009")).toBeUndefined();
    });

    it("leaves what a rule has taken out of the count where it is", async () => {
      const suppressed = findingOf("CVE-2026-0009", openssl.id, { suppressed: { by: "vex" } });
      await store.images.put(digestOf(1), reportWith([openssl], [suppressed]));
      expect(await store.packages.affect(affected, { at: AT, tells: true })).toBe(0);
      expect(await store.vulnerabilities.find("CVE-2026-0009")).toBeUndefined();
    });

    it("comes out as a renewed report does", async () => {
      await store.packages.affect(affected, { at: AT, tells: false });
      const renew = (report: ScanReport): ScanReport => ({
        ...report,
        findings: [findingOf("CVE-2026-0009", openssl.id, { severity: "critical" })],
      });
      expect(await store.images.renew(digestOf(1), renew, { advisoriesAt: AT, at: LATER })).toBe(true);
      expect(await listedIds()).toEqual(["CVE-2026-0009"]);
      const { items } = await store.findings.list({ seen: everything, sort: "id", order: "asc", limit: 1 });
      expect(items[0]?.firstSeen).toBe(AT);
      const found = await store.images.find(digestOf(1));
      expect(found?.report.findings.map(({ id }) => id)).toEqual(["CVE-2026-0009"]);
      expect(found?.image).toMatchObject({
        severities: { critical: 1, high: 0 },
        scannedAt: "2026-11-24T10:00:00.000Z",
      });
      expect(await store.packages.countDue()).toBe(0);
      expect(await store.vulnerabilities.find("CVE-2026-0001")).toBeUndefined();
      expect(await store.vulnerabilities.find("CVE-2026-0009")).toMatchObject({ images: 1 });
    });
  });

  describe("renewing", () => {
    it("leaves the report of a host whose advisories are newer", async () => {
      const report = reportWith([bash], [findingOf("CVE-2026-0001", bash.id)], builtAt(LATER));
      await store.images.put(digestOf(1), { ...report, scannedAt: LATER });
      await store.packages.markDue(AT);
      const nothing = (each: ScanReport): ScanReport => ({ ...each, findings: [] });
      expect(await store.images.renew(digestOf(1), nothing, { advisoriesAt: AT, at: LATER })).toBe(true);
      expect(await listedIds()).toEqual(["CVE-2026-0001"]);
      expect(await store.packages.countDue()).toBe(0);
    });

    it("leaves the lists that a report is given while it is renewed", async () => {
      const report = reportWith([bash], [findingOf("CVE-2026-0001", bash.id)], builtAt(AT));
      await store.images.put(digestOf(1), { ...report, scannedAt: LATER });
      await store.packages.markDue(AT);
      const nothing = (each: ScanReport): ScanReport => ({ ...each, findings: [] });
      const renewing = async () =>
        await store.images.renew(digestOf(1), nothing, { advisoriesAt: LATER, at: LATER });
      const write = store.changes.write.bind(store.changes);
      vi.spyOn(store.changes, "write").mockImplementationOnce(async (work) => {
        await store.images.put(digestOf(1), { ...report, scannedAt: AT, secrets: [] });
        return await write(work);
      });
      expect(await renewing()).toBe(true);
      expect(await store.packages.countDue()).toBe(1);
      expect(await renewing()).toBe(true);
      expect(await store.packages.countDue()).toBe(0);
      const found = await store.images.find(digestOf(1));
      expect(found?.report).toMatchObject({ findings: [], secrets: [] });
    });

    it("says that there is no such image", async () => {
      const same = (each: ScanReport): ScanReport => each;
      expect(await store.images.renew(digestOf(9), same, { advisoriesAt: AT, at: AT })).toBe(false);
    });

    it("judges what a host says by older advisories before it is stored", async () => {
      await store.settings.documents.remember(APPLIED_ADVISORIES, { builtAt: AT });
      const judge = (report: ScanReport) => ({
        report: { ...report, findings: [findingOf("CVE-2026-0007", bash.id)] },
        advisoriesAt: AT,
      });
      const from = { host: "web-1", at: LATER, judge };
      await store.images.put(digestOf(1), reportWith([bash], [], builtAt("2026-11-01T00:00:00.000Z")), from);
      expect(await listedIds()).toEqual(["CVE-2026-0007"]);
      await store.images.put(digestOf(2), reportWith([bash], [], builtAt(AT)), from);
      expect(await listedIds()).toEqual(["CVE-2026-0007"]);
      expect(await store.packages.countDue()).toBe(0);
      const { host, at } = from;
      await store.images.put(digestOf(3), reportWith([bash]), { host, at });
      expect(await store.packages.due(5)).toEqual([digestOf(3)]);
    });
  });
});
