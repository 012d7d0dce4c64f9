import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { openStore } from "./index.ts";
import { migrations } from "./migrations/migrations.ts";
import { describeOnEach, type TestDatabase } from "./testdata/databases.ts";
import { earlierEntry, earlierReport, fillEarlier, readAgain } from "./testdata/earlier-rows.ts";
import { deniedLaunch, digestOf, everything, recordsOf, reportOf } from "./testdata/samples.ts";

/** Fills a database with the tables and rows of an earlier release, as they were then. */
async function makeEarlier(database: TestDatabase, migration: string): Promise<void> {
  const file = path.join(import.meta.dirname, "testdata", `${migration}-${database.kind}.sql`);
  await database.run(readFileSync(file, "utf8"));
}

describeOnEach((make) => {
  it("keeps all that the first page had stored", async () => {
    await using database = await make("bare");
    await makeEarlier(database, "0001");
    const store = await openStore(database.options);
    const images = await store.images.list({ seen: everything, sort: "severity", order: "desc", limit: 10 });
    expect(images.items.map(({ reference }) => reference)).toEqual(["nginx:1.27", "alpine:3.20"]);
    const expected = reportOf("nginx:1.27", ["critical", "high", "low"], {
      scannedAt: "2026-11-20T10:00:00Z",
    });
    expect((await store.images.find(digestOf(1)))?.report).toEqual(expected);
    expect((await store.launches.list({ seen: everything, limit: 10 })).total).toBe(3);
    expect(await store.records.acknowledged("log")).toBe(3);
    expect(await store.hosts.latest()).toMatchObject({ name: "web-1" });
    expect(await store.changes.last()).toBe(6);
    await store.close();
  });

  it("goes on writing where the first page had stopped", async () => {
    await using database = await make("bare");
    await makeEarlier(database, "0001");
    const store = await openStore(database.options);
    const batch = {
      logId: "log",
      host: "web-1",
      records: recordsOf(1, 4),
      project: () => deniedLaunch("nginx:1.27", digestOf(1)),
    };
    expect(await store.records.append(batch)).toMatchObject({ kind: "stored", acknowledged: 4 });
    await store.images.put(digestOf(1), reportOf("nginx:1.27", []));
    expect((await store.changes.since(6, 10)).changes.map(({ sequence }) => sequence)).toEqual([7, 8]);
    await store.close();
    await (await openStore(database.options)).close();
  });

  it("leaves nothing behind of a migration that failed", async () => {
    await using database = await make("bare");
    await makeEarlier(database, "0001");
    // Stands where a later migration wants to make its own.
    await database.run("create table jobs (in_the_way integer)");
    await expect(openStore(database.options)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await database.run("drop table jobs");
    const store = await openStore(database.options);
    expect(await store.changes.last()).toBe(6);
    await store.close();
  });
});

describeOnEach((make) => {
  it("gives whoever might kill containers what is milder as well, as alone as before", async () => {
    await using database = await make("bare");
    await fillEarlier(database.options, 26);
    await database.run(`
      update roles set permissions = '{"containers.kill":"needs-approval","containers.read":"allow"}';
      update api_tokens set permissions = '["containers.kill"]';
      update approvals set permission = 'containers.kill', endpoint = 'killContainer';
    `);
    const { people, ...store } = await openStore(database.options);
    expect((await people.roles.find("release"))?.permissions).toEqual({
      "containers.respond": "needs-approval",
      "containers.read": "allow",
    });
    expect((await people.tokens.find("tok-1"))?.permissions).toEqual(["containers.respond"]);
    expect(await people.approvals.find("app-1")).toMatchObject({
      state: "expired",
      permission: "containers.respond",
    });
    await store.close();
  });
});

describeOnEach((make) => {
  it("orders containers by what their hosts had told of them", async () => {
    await using database = await make("bare");
    await fillEarlier(database.options, 27);
    const told = '{"id":"c1","image":"nginx:1","startedAt":"2026-11-20T10:00:00Z"}';
    await database.run(`update containers set document = '${told}'`);
    await (await openStore(database.options)).close();
    const values = { host: "web-1", id: "c1", image: "nginx:1", started_at: "2026-11-20T10:00:00Z" };
    const row = { table: "containers", since: 6, key: ["host", "id"], values } as const;
    expect(await readAgain(database.options, [row])).toEqual([values]);
  });
});

/** The last release before images' findings were packed, and the form of the tables before the newest. */
const earlierVersions = [9, migrations.length - 1];

describeOnEach((make) => {
  describe.each(earlierVersions)("from version %i", (version) => {
    it("keeps every row with all that it held", async () => {
      await using database = await make("bare");
      const rows = await fillEarlier(database.options, version);
      await (await openStore(database.options)).close();
      // Opened once more: what is brought to its new form when the store opens must not be brought there twice.
      await (await openStore(database.options)).close();
      expect(await readAgain(database.options, rows)).toEqual(rows.map(({ values }) => values));
    });

    it("reads people, and what they may", async () => {
      await using database = await make("bare");
      await fillEarlier(database.options, version);
      const store = await openStore(database.options);
      const { people } = store;
      expect(await people.accounts.findByLogin("ADA")).toMatchObject({
        id: "acc-1",
        breakGlass: true,
        groups: ["corp/ops"],
      });
      expect(await people.roles.find("release")).toMatchObject({
        permissions: { "images.read": "allow", "images.scan": "needs-approval" },
      });
      expect(await people.grants.of("acc-1", [])).toMatchObject([
        { role: "release", scope: { hosts: ["web-*"], labels: { env: ["test"] } } },
      ]);
      expect(await people.tokens.find("tok-1")).toMatchObject({ permissions: ["images.read"] });
      expect(await people.approvals.find("app-1")).toMatchObject({
        state: "pending",
        resources: [{ hosts: [{ name: "web-1", labels: { env: "test" } }] }],
        details: { mode: "observe" },
      });
      expect(await people.providers.find("corp")).toMatchObject({ enabled: true });
      await store.close();
    });

    it("reads the fleet, and what was found on it", async () => {
      await using database = await make("bare");
      await fillEarlier(database.options, version);
      const store = await openStore(database.options);
      const { fleet } = store;
      expect(await fleet.identities.find("web-1")).toMatchObject({ serial: "4a01", state: "valid" });
      expect(await store.hosts.labelsOf(["web-1"])).toEqual(new Map([["web-1", { env: "test", zone: "a" }]]));
      expect(await fleet.containers.find("web-1", "c1")).toMatchObject({ document: { id: "c1" } });
      expect(await fleet.locations.repositories(digestOf(7))).toEqual(["ghcr.io/acme/app"]);
      expect(await fleet.policies.find("team")).toMatchObject({ rules: ["team/no-critical"] });
      expect(await fleet.exceptions.active("2026-11-26T00:00:00.000Z")).toMatchObject([{ id: "exc-1" }]);
      expect(await fleet.joinTokens.list()).toMatchObject([{ id: "join-1", labels: { env: "test" } }]);
      expect(await fleet.authorities.find("agents")).toBe("sealed:v1:authority");
      expect(await store.records.acknowledged("log-1")).toBe(1);
      expect((await store.launches.list({ seen: everything, limit: 10 })).items).toMatchObject([
        { id: "log-1.1" },
      ]);
      expect((await store.images.find(digestOf(7)))?.report).toEqual(earlierReport);
      const found = await store.findings.list({
        seen: everything,
        sort: "severity",
        order: "desc",
        limit: 10,
      });
      expect(found.items.map(({ id, firstSeen }) => [id, firstSeen])).toEqual([
        ["CVE-2026-0", "2026-11-20T10:00:00.000Z"],
        ["CVE-2026-1", "2026-11-20T10:00:00.000Z"],
      ]);
      expect(await store.timeline.between("2026-11-01", "2026-11-30")).toMatchObject([
        { severities: { critical: 1, low: 1 } },
      ]);
      await store.close();
    });

    it("reads settings, and the log", async () => {
      await using database = await make("bare");
      await fillEarlier(database.options, version);
      const store = await openStore(database.options);
      const { settings, audit } = store;
      expect(await settings.channels.find("ops")).toMatchObject({ enabled: true, secretNames: ["url"] });
      expect(await settings.documents.find("retention")).toMatchObject({ value: { launchDays: 7 } });
      expect(await settings.keyRecords.list()).toMatchObject([{ id: "key-1", version: 1 }]);
      expect(await store.legalHolds.list()).toMatchObject([{ id: "hold-1" }]);
      expect(await audit.exporters.find("siem")).toMatchObject({ format: "ocsf" });
      expect(await audit.entries.size()).toBe(1);
      const [entry] = (await audit.entries.search({ action: "createAccount", limit: 10 })).items;
      expect(Uint8Array.from(entry?.bytes ?? [])).toEqual(earlierEntry);
      expect(await audit.openings.unsealed(10)).toMatchObject([
        { index: 0, opening: { field: "actor.name", value: "Ada L." } },
      ]);
      await store.close();
    });
  });
});

describeOnEach((make) => {
  it("reads what was detected before detections could be looked at", async () => {
    await using database = await make("bare");
    await fillEarlier(database.options, 16);
    const store = await openStore(database.options);
    const { detections, responses, reports } = store.runtime;
    const since = "2026-11-20T00:00:00.000Z";
    const listed = await detections.list({ seen: everything, limit: 10, tag: "T1105", priority: "critical" });
    expect(listed.items).toMatchObject([{ id: "log-1.9", document: { rule: "Drifted program executed" } }]);
    expect(await responses.to("web-1", "d-1")).toMatchObject([{ document: { event: "response.done" } }]);
    expect((await detections.unlooked({ since, seen: everything })).count).toBe(1);
    await detections.noteLook("log-1.9", { at: "2026-11-26T00:00:00.000Z", seen: everything });
    expect((await detections.unlooked({ since, seen: everything })).count).toBe(0);
    expect(await reports.ofHost("web-1")).toMatchObject({ rules: [{ rule: "a" }] });
    expect(await reports.sensors(since)).toMatchObject([{ host: "web-1", state: "", dropped: 0 }]);
    await store.close();
  });
});

describeOnEach((make) => {
  it("hands out images of registries that waited, or were being read, when no jobs did so", async () => {
    await using database = await make("bare");
    await fillEarlier(database.options, 22);
    await database.run(`
      insert into registries (id, name, kind, address, path, settings, every_minutes, concurrency, paused,
        secret_names, revision, list_at_ms, list_holder, list_lease_ms)
      values ('busy', 'Busy', 'distribution', 'busy.example', '', '{}', 60, 4, 0, '[]', 'r1', 0, 'dead', 1);
      insert into registry_images (registry, repository, tag, platform, state, priority, tries, next_try_ms, round,
        again, holder, lease_ms)
      values ('busy', 'busy.example/a', '1', '', 'waiting', 0, 0, 0, 1, 0, null, null),
        ('busy', 'busy.example/b', '1', '', 'running', 0, 1, 0, 1, 0, 'dead', 1)`);
    const store = await openStore(database.options);
    const { settings, queue } = store.registries;
    expect(await settings.find("busy")).toMatchObject({
      isListing: false,
      images: { waiting: 2, running: 0 },
    });
    await queue.resume();
    const jobs = await store.jobs.list({ state: "queued", limit: 10 });
    expect(jobs.map(({ key }) => key).toSorted()).toEqual([
      "registry.list busy",
      "registry.scan busy 0",
      "registry.scan busy 1",
    ]);
    await store.close();
  });
});
