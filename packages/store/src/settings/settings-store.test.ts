import { afterEach, beforeEach, expect, it } from "vitest";
import { openStore, type Store } from "../index.ts";
import { connectionOf } from "../store-connection.ts";
import { describeOnEach, type TestDatabase } from "../testdata/databases.ts";
import { digestOf, recordsOf, reportOf } from "../testdata/samples.ts";
import type { StoredKeyRecord } from "./key-record-repository.ts";
import { sealedColumns } from "./sealed-columns.ts";

const record: StoredKeyRecord = {
  id: "channels.s1.00112233",
  purpose: "channels",
  use: "seal",
  version: 1,
  state: "active",
  wrapped: "AAAA",
  wrappedBy: "file:1",
  since: "2026-11-25T00:00:00.000Z",
};

const channel = {
  id: "ops",
  kind: "webhook",
  name: "Operations",
  enabled: true,
  settings: { port: 1 },
  sealedSecrets: "ps1:channels.s1.00112233:AAAA",
  secretNames: ["url"],
};

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

  it("keeps key records, and refuses rivals and what somebody else changed", async () => {
    const { keyRecords } = store.settings;
    expect(await keyRecords.put(record)).toBe(true);
    expect(await keyRecords.put(record)).toBe(false);
    expect(await keyRecords.put({ ...record, id: "channels.s1.99999999" })).toBe(false);
    expect(await keyRecords.put({ ...record, id: "channels.i1.00112233", use: "index" })).toBe(true);
    const retired: StoredKeyRecord = { ...record, state: "retired", wrapped: "" };
    expect(await keyRecords.replace(retired, { ...record, wrapped: "BBBB" })).toBe(false);
    expect(await keyRecords.replace({ ...retired, id: "other" }, record)).toBe(false);
    expect(await keyRecords.replace(retired, record)).toBe(true);
    expect(await keyRecords.list()).toEqual([
      { ...record, id: "channels.i1.00112233", use: "index" },
      retired,
    ]);
  });

  it("knows every sealed column that there is", async () => {
    const tables = await connectionOf(store).database.introspection.getTables();
    const found = tables.flatMap(({ name, columns }) =>
      columns.filter((column) => column.name.startsWith("sealed_")).map((column) => `${name}.${column.name}`),
    );
    const listed = sealedColumns.map(({ table, column }) => `${table}.${column}`);
    expect([...listed].sort()).toEqual(found.sort());
  });

  it("walks through sealed values, counts them under a key, and replaces what is unchanged", async () => {
    const { channels, sealedValues } = store.settings;
    for (const id of ["a", "b", "c"]) await channels.put({ ...channel, id });
    await channels.put({ ...channel, id: "d", sealedSecrets: null });
    const first = await sealedValues.next("channels", undefined, 2);
    expect(first.map(({ rowId }) => rowId)).toEqual(["a", "b"]);
    const rest = await sealedValues.next("channels", first.at(-1), 2);
    expect(rest).toEqual([
      { table: "channels", column: "sealed_secrets", rowId: "c", sealed: channel.sealedSecrets },
    ]);
    expect(await sealedValues.next("channels", rest.at(-1), 2)).toEqual([]);
    expect(await sealedValues.countWith("channels", "ps1:channels.s1.00112233:")).toBe(3);
    const [a] = first;
    if (a === undefined) throw new Error("nothing was found");
    expect(await sealedValues.replace({ ...a, sealed: "other" }, "new")).toBe(false);
    expect(await sealedValues.replace({ ...a, table: "accounts" }, "new")).toBe(false);
    expect(await sealedValues.replace(a, "new")).toBe(true);
    expect(await sealedValues.countWith("channels", "ps1:channels.s1.00112233:")).toBe(2);
    expect(sealedValues.purposes()).toContain("channels");
  });

  it("keeps what is known of a channel's deliveries when it is changed", async () => {
    const { channels } = store.settings;
    await channels.put(channel);
    await channels.note("ops", { error: "refused" });
    await channels.put({ ...channel, name: "Ops" });
    expect(await channels.find("ops")).toMatchObject({
      name: "Ops",
      lastError: "refused",
      lastDeliveryAt: null,
    });
    await channels.note("ops", { at: "2026-11-25T01:00:00.000Z" });
    expect(await channels.list()).toMatchObject([
      { lastError: null, lastDeliveryAt: "2026-11-25T01:00:00.000Z" },
    ]);
    expect(await channels.remove("ops")).toBe(true);
    expect(await channels.remove("ops")).toBe(false);
  });

  it("changes a channel only where it is as it was seen", async () => {
    const { channels } = store.settings;
    expect([await channels.put(channel, "r1"), await channels.put(channel, "new")]).toEqual([false, true]);
    const seen = (await channels.find("ops"))?.revision;
    await channels.note("ops", { error: "refused" });
    expect(await channels.put({ ...channel, name: "One" }, seen)).toBe(true);
    expect(await channels.put({ ...channel, name: "Two" }, seen)).toBe(false);
    expect(await channels.put({ ...channel, name: "Three" }, "new")).toBe(false);
    expect(await channels.list()).toMatchObject([{ name: "One" }]);
    expect(await channels.put({ ...channel, name: "Four" })).toBe(true);
  });

  it("writes a document only over the revision that was expected", async () => {
    const { documents } = store.settings;
    const first = await documents.put("routing", { routes: [] }, "new");
    expect(first).toBeDefined();
    expect(await documents.put("routing", { routes: [1] }, "new")).toBeUndefined();
    expect(await documents.put("routing", { routes: [1] }, "stale")).toBeUndefined();
    const second = await documents.put("routing", { routes: [1] }, first);
    expect(await documents.find("routing")).toEqual({ value: { routes: [1] }, revision: second });
    expect(await documents.find("retention")).toBeUndefined();
    const told = await store.changes.last();
    for (const day of ["2026-11-24", "2026-11-25"]) await documents.remember("daily.retention", day);
    expect(await documents.find("daily.retention")).toEqual({ value: "2026-11-25", revision: "" });
    expect(await store.changes.last()).toBe(told);
  });

  it("gives a lease to one at a time", async () => {
    const { leases } = store.settings;
    const mine = { name: "notifications", holder: "a" };
    const theirs = { name: "notifications", holder: "b" };
    const times = { nowMs: 0, untilMs: 60_000 };
    expect(await leases.take(mine, times)).toBe(true);
    expect(await leases.take(theirs, { nowMs: 50, untilMs: 60_050 })).toBe(false);
    expect(await leases.take(mine, times)).toBe(true);
    await database.run("update leases set until_ms = 0");
    expect(await leases.take(theirs, times)).toBe(true);
    expect(await leases.take(mine, times)).toBe(false);
    await leases.release(mine);
    expect(await leases.take(mine, times)).toBe(false);
    await leases.release(theirs);
    expect(await leases.take(mine, times)).toBe(true);
  });

  it("gives a lease to another one that a dead server took while the clock was ahead", async () => {
    const { leases } = store.settings;
    const mine = { name: "notifications", holder: "a" };
    const times = { nowMs: Date.now(), untilMs: Date.now() + 60_000 };
    await leases.take(mine, times);
    await database.run("update leases set until_ms = until_ms + 50000");
    expect(await leases.take({ ...mine, holder: "b" }, times)).toBe(false);
    await database.run("update leases set until_ms = until_ms + 315360000000");
    expect(await leases.take({ ...mine, holder: "b" }, times)).toBe(true);
  });

  it("gives a lease by the store's clock where servers share it, and by their own where not", async () => {
    const { leases } = store.settings;
    const shared = database.kind === "postgres";
    const mine = { name: "notifications", holder: "a" };
    expect(await leases.take(mine, { nowMs: 0, untilMs: 60_000 })).toBe(true);
    // A server whose clock is an hour ahead.
    const ahead = { nowMs: 3_600_000, untilMs: 3_660_000 };
    expect(await leases.take({ ...mine, holder: "b" }, ahead)).toBe(!shared);
  });

  it("tells what has a key once, and everything else as often as it is said", async () => {
    const { notices } = store.settings;
    const silent = { once: "agent.silent/web-1", value: { n: 1 } };
    expect(await notices.add([silent, { value: { n: 2 } }, silent], 10)).toBe(2);
    expect(await notices.add([silent, { value: { n: 2 } }], 20)).toBe(1);
    const waiting = await notices.waiting(10);
    expect(waiting.map(({ value }) => value)).toEqual([{ n: 1 }, { n: 2 }, { n: 2 }]);
    await notices.drop(waiting.slice(0, 2).map(({ number }) => number));
    expect(await notices.waiting(10)).toEqual(waiting.slice(2));
    expect(await notices.position()).toBeUndefined();
    expect(await notices.add([silent], 25, 7)).toBe(0);
    expect(await notices.add([], 26, 8)).toBe(0);
    expect(await notices.position()).toBe(8);
    await notices.forgetTold(11);
    expect(await notices.add([silent], 30)).toBe(1);
  });

  it("takes what is pending from the holder of the lease alone", async () => {
    const { notices, leases } = store.settings;
    const mine = { name: "notifications", holder: "a" };
    await leases.take(mine, { nowMs: 0, untilMs: 100 });
    const change = { put: [{ id: "group:1", value: "{}" }], remove: [] };
    expect(await notices.commitPending(change, { ...mine, holder: "b" })).toBe(false);
    expect(await notices.pending()).toEqual([]);
    expect(await notices.commitPending(change, mine)).toBe(true);
    const next = { put: [{ id: "group:2", value: "1" }], remove: ["group:1", "group:9"] };
    expect(await notices.commitPending(next, mine)).toBe(true);
    expect(await notices.commitPending({ put: [{ id: "group:2", value: "2" }], remove: [] }, mine)).toBe(
      true,
    );
    expect(await notices.pending()).toEqual([{ id: "group:2", value: "2" }]);
  });

  it("tells what a scan found for the first time, and nothing of what was found before", async () => {
    const { watch } = store.settings;
    await store.images.put(digestOf(1), reportOf("web", ["high", "critical"]));
    expect(await watch.newFindings([digestOf(1), digestOf(2)])).toMatchObject([
      {
        imageId: digestOf(1),
        reference: "web",
        counts: { high: 1, critical: 1 },
        worst: ["CVE-2026-1", "CVE-2026-0"],
      },
    ]);
    const later = "2026-11-24T11:00:00Z";
    await store.images.put(digestOf(1), reportOf("web", ["high", "critical"], { scannedAt: later }));
    expect(await watch.newFindings([digestOf(1)])).toEqual([]);
    await store.images.put(
      digestOf(1),
      reportOf("web", ["high", "critical", "low"], { scannedAt: "2026-11-24T12:00:00Z" }),
    );
    // The package was there before: advisories tell something new of it.
    expect(await watch.newFindings([digestOf(1)])).toEqual([]);
    expect(await watch.newlyAffected([digestOf(1)])).toMatchObject([
      { counts: { low: 1 }, foundAt: "2026-11-24T12:00:00.000Z", running: 0 },
    ]);
  });

  it("tells the refusals among launches with the labels of their hosts", async () => {
    await store.hosts.put({
      name: "web-1",
      logId: "log",
      heardAt: "2026-11-24T10:00:00.000Z",
      status: {},
      labels: { team: "shop" },
    });
    await store.records.append({
      logId: "log",
      host: "web-1",
      records: recordsOf(1, 2),
      project: ({ sequence }) => ({
        decision: sequence === 1 ? "deny" : "allow",
        outcome: sequence === 1 ? "denied" : "allowed",
        image: "web",
        words: [],
        document: { n: sequence },
      }),
    });
    const ids = (await store.changes.since(0, 100)).changes
      .filter(({ kind }) => kind === "launch")
      .map(({ subject }) => subject);
    expect(ids).toHaveLength(2);
    expect(await store.settings.watch.refusals(ids)).toMatchObject([
      { outcome: "denied", host: "web-1", image: "web", labels: { team: "shop" }, document: { n: 1 } },
    ]);
    expect(await store.settings.watch.hosts(["web-1", "web-2"])).toMatchObject([
      { name: "web-1", labels: { team: "shop" }, identityState: "local", joinedAt: null },
    ]);
    expect(await store.settings.watch.silentHosts("2026-11-24T10:00:00.000Z")).toEqual([]);
    expect(await store.settings.watch.silentHosts("2026-11-24T10:00:00.001Z")).toMatchObject([
      { name: "web-1" },
    ]);
  });

  it("knows which servers share it, and when each was last heard", async () => {
    const { servers } = store.settings;
    const first = {
      id: "web-1 https://127.0.0.1:8443",
      name: "web-1",
      address: "https://127.0.0.1:8443",
      version: "1.2.3",
      startedAt: "2026-11-24T12:30:00.000Z",
      seenAt: "2026-11-24T12:30:15.000Z",
      listensForAgents: true,
    };
    const second = { ...first, id: "web-0 x", name: "web-0", listensForAgents: false };
    await servers.put(first);
    await servers.put(second);
    const again = { ...first, startedAt: "2026-11-24T13:00:00.000Z", seenAt: "2026-11-24T13:00:00.000Z" };
    await servers.put(again);
    expect(await servers.list()).toEqual([second, again]);
    // The process before ends late: its place is taken.
    await servers.remove(first);
    expect(await servers.list()).toEqual([second, again]);
    await servers.forget("2026-11-24T12:45:00.000Z");
    expect(await servers.list()).toEqual([again]);
    await servers.remove(again);
    expect(await servers.list()).toEqual([]);
  });
});
