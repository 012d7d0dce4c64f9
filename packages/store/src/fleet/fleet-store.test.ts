import type { Digest } from "@pratique/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type ContainerRow,
  type HostQuery,
  type IssuedIdentity,
  openStore,
  type Store,
  type StoredException,
  type StoredPolicy,
} from "../index.ts";
import { describeOnEach, type TestDatabase } from "../testdata/databases.ts";
import { deniedLaunch, digestOf, everything, recordsOf, reportOf } from "../testdata/samples.ts";

const at = (minute: number) => new Date(Date.UTC(2026, 10, 25, 10, minute)).toISOString();

const identity: IssuedIdentity = {
  host: "web-1",
  serial: "0a",
  previousSerial: null,
  joinedAt: at(0),
  expiresAt: at(59),
  labels: { env: "production" },
};

function containerOf(
  id: string,
  more: Partial<ContainerRow> & { readonly imageId?: Digest } = {},
): ContainerRow {
  return { id, name: `c-${id}`, image: "nginx:1", state: "running", document: { id, ...more }, ...more };
}

const policy: Omit<StoredPolicy, "revision"> = {
  name: "base",
  text: "text",
  scope: { labels: { env: ["production"] } },
  enabled: true,
  rules: ["base/a"],
  changedAt: at(0),
  changedBy: "ann",
};

function exceptionOf(id: string, minute: number, more: Partial<StoredException> = {}) {
  return {
    id,
    rules: ["base/a"],
    scope: { hosts: ["web-1"] },
    reason: "Until the update is out",
    owner: "team-web",
    expiresAt: at(30),
    grantedBy: "ann",
    approvedBy: null,
    grantedAt: at(minute),
    ...more,
  };
}

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

  const report = (name: string, labels: Readonly<Record<string, string>> = {}) =>
    store.hosts.put({ name, logId: `log-${name}`, heardAt: at(1), status: {}, labels, gate: "enforcing" });

  /** The kinds and subjects of all changes after one. */
  const changesAfter = async (sequence: number) =>
    (await store.changes.since(sequence, 100)).changes.map(({ kind, subject }) => `${kind} ${subject}`);

  describe("hosts", () => {
    it("are there from when they join, before they have reported", async () => {
      await store.fleet.identities.put(identity);
      expect(await store.hosts.find("web-1")).toMatchObject({
        name: "web-1",
        heardAt: null,
        status: null,
        labels: { env: "production" },
        identity: { state: "valid", serial: "0a" },
      });
      expect(await store.hosts.latest()).toBeUndefined();
      expect(await store.hosts.local()).toBeUndefined();
    });

    it("have a name that is free: nobody's, or of a certificate that has expired", async () => {
      const put = async (serial: string, more: { readonly ifFreeAt?: string }) =>
        await store.fleet.identities.put({ ...identity, serial }, more);
      expect(await put("0a", { ifFreeAt: at(1) })).toBe(true);
      const before = await store.changes.last();
      expect(await put("0b", { ifFreeAt: at(2) })).toBe(false);
      expect(await store.fleet.identities.find("web-1")).toMatchObject({ serial: "0a" });
      expect(await changesAfter(before)).toEqual([]);
      expect(await put("0c", {})).toBe(true);
      expect(await put("0d", { ifFreeAt: identity.expiresAt })).toBe(true);
      // The server's own has no certificate.
      await report("web-2");
      expect(await store.fleet.identities.put({ ...identity, host: "web-2" }, { ifFreeAt: at(59) })).toBe(
        false,
      );
    });

    it("have the labels that they give themselves, and over them those of the server", async () => {
      await report("web-1", { env: "test", team: "web" });
      await store.fleet.identities.put(identity);
      expect((await store.hosts.find("web-1"))?.labels).toEqual({ env: "production", team: "web" });
      await report("web-1", { env: "test", tier: "1" });
      expect((await store.hosts.labelsOf(["web-1", "gone"])).get("web-1")).toEqual({
        env: "production",
        tier: "1",
      });
      expect((await store.hosts.labelsOf(["gone"])).get("gone")).toEqual({});
    });

    it("wake their agents when their labels change, and not with each report", async () => {
      await report("web-1", { env: "test" });
      const before = await store.changes.last();
      await report("web-1", { env: "test" });
      expect(await changesAfter(before)).toEqual(["host web-1"]);
      await report("web-1", { env: "other" });
      expect(await changesAfter(before)).toContain("work web-1");
    });

    it("are listed by name, page by page, and found by what they are", async () => {
      for (const name of ["db-1", "web-2", "web-1"]) await report(name);
      await store.fleet.identities.put({ ...identity, host: "new-1", serial: "0b" });
      const silentBefore = at(0);
      const list = { seen: everything, silentBefore, limit: 3 };
      const first = await store.hosts.list(list);
      expect(first.items.map(({ name }) => name)).toEqual(["db-1", "new-1", "web-1"]);
      expect(first.total).toBe(4);
      const second = await store.hosts.list({ ...list, cursor: first.nextCursor ?? "" });
      expect(second.items.map(({ name }) => name)).toEqual(["web-2"]);
      expect(second.nextCursor).toBeNull();
      expect((await store.hosts.list({ ...list, text: "WEB" })).total).toBe(2);
      expect((await store.hosts.list({ ...list, agent: "never" })).items[0]?.name).toBe("new-1");
      expect((await store.hosts.list({ ...list, agent: "reporting" })).total).toBe(3);
      expect((await store.hosts.list({ ...list, agent: "silent", silentBefore: at(2) })).total).toBe(3);
      expect((await store.hosts.list({ ...list, gate: "enforcing" })).total).toBe(3);
      expect((await store.hosts.list({ ...list, gate: "down" })).total).toBe(0);
    });

    it("are found by what is wrong with them", async () => {
      const states = { "db-1": "observing", "db-2": "not-installed", "web-1": "enforcing", "web-2": "down" };
      for (const [name, gate] of Object.entries(states)) {
        await store.hosts.put({ name, logId: `log-${name}`, heardAt: at(9), status: {}, gate });
      }
      const until = (host: string, serial: string, expiresAt: string) =>
        store.fleet.identities.put({ ...identity, host, serial, expiresAt });
      await until("db-1", "01", at(8));
      await until("db-2", "02", at(20));
      await until("web-1", "03", at(59));
      await until("web-2", "04", at(20));
      await store.fleet.identities.markCloned("db-2");
      await store.fleet.identities.revoke("web-2");
      const sensor = {
        state: "running",
        detail: "",
        primitives: [],
        events: 0,
        dropped: 0,
        suppressed: 0,
        unattributed: 0,
      };
      const sensors = {
        "db-1": [at(9), "running"],
        "db-2": [at(9), "failed"],
        "web-1": [at(3), "running"],
        "web-2": [at(3), "off"],
      };
      for (const [host, [takenAt = "", state = ""]] of Object.entries(sensors)) {
        await store.runtime.reports.put({ host, takenAt, sensor: { ...sensor, state }, containers: [] });
      }
      const found = async (query: Partial<HostQuery>) => {
        const list = { seen: everything, silentBefore: at(5), limit: 9, ...query };
        return (await store.hosts.list(list)).items.map(({ name }) => name);
      };
      const standing = { now: at(10), expiringBefore: at(30) };
      expect(await found({ gate: "not-enforcing" })).toEqual(["db-1", "db-2"]);
      expect(await found({ identity: { ...standing, state: "not-renewed" } })).toEqual(["db-1", "db-2"]);
      expect(await found({ identity: { ...standing, state: "expiring" } })).toEqual([]);
      expect(await found({ identity: { ...standing, state: "expired" } })).toEqual(["db-1"]);
      expect(await found({ identity: { ...standing, state: "not-revoked" } })).toEqual([
        "db-1",
        "db-2",
        "web-1",
      ]);
      expect(await found({ sensor: "running" })).toEqual(["db-1"]);
      expect(await found({ sensor: "down" })).toEqual(["db-2", "web-1"]);
      expect(await found({ sensor: "down", silentBefore: at(10) })).toEqual([]);
    });
  });

  describe("identities", () => {
    it("are revoked and called cloned, but never the other way round", async () => {
      const { identities } = store.fleet;
      await identities.put(identity);
      expect(await identities.markCloned("web-1")).toBe(true);
      expect((await identities.find("web-1"))?.state).toBe("cloned");
      expect(await identities.revoke("web-1")).toBe(true);
      expect(await identities.markCloned("web-1")).toBe(false);
      expect((await identities.find("web-1"))?.state).toBe("revoked");
      expect(await identities.renew({ host: "web-1", from: "0a", serial: "0b", expiresAt: at(59) })).toBe(
        false,
      );
    });

    it("do not revoke the server's own host, which has no certificate", async () => {
      await report("local");
      expect(await store.fleet.identities.revoke("local")).toBe(false);
      expect(await store.fleet.identities.revoke("nobody")).toBe(false);
      expect(await store.hosts.local()).toBe("local");
    });

    it("are renewed from the certificate before as well, until the newest has been used", async () => {
      const { identities } = store.fleet;
      const renew = (from: string, serial: string) =>
        identities.renew({ host: "web-1", from, serial, expiresAt: at(90) });
      await identities.put(identity);
      expect(await renew("0a", "0b")).toBe(true);
      expect(await identities.find("web-1")).toMatchObject({ serial: "0b", previousSerial: "0a" });
      expect(await renew("0a", "0c")).toBe(true);
      expect(await renew("0b", "0d")).toBe(false);
      await identities.dropPrevious("web-1", "0c");
      expect(await renew("0a", "0d")).toBe(false);
      expect(await identities.find("web-1")).toMatchObject({ serial: "0c", previousSerial: null });
      expect((await identities.all()).map(({ host }) => host)).toEqual(["web-1"]);
    });
  });

  describe("join tokens", () => {
    const token = {
      id: "t-1",
      host: "web-1",
      labels: { env: "test" },
      createdBy: "ann",
      createdAt: at(0),
      expiresAt: at(10),
      secret: "secret",
    };

    it.each([
      ["another secret", "other", { host: "web-1", now: at(1) }],
      ["another host", "secret", { host: "web-2", now: at(1) }],
      ["a time that is over", "secret", { host: "web-1", now: at(10) }],
      ["a time hours before it was made", "secret", { host: "web-1", now: at(-121) }],
    ])("are not good for %s", async (_, secret, call) => {
      await store.fleet.joinTokens.create(token);
      expect(await store.fleet.joinTokens.take(secret, call)).toBeUndefined();
      expect((await store.fleet.joinTokens.list())[0]?.usedAt).toBeNull();
    });

    it("are good for one of many who come at once", async () => {
      await store.fleet.joinTokens.create({ ...token, host: "" });
      const all = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          store.fleet.joinTokens.take("secret", { host: `h-${index}`, now: at(1) }),
        ),
      );
      const taken = all.filter((found) => found !== undefined);
      expect(taken).toHaveLength(1);
      expect(taken[0]).toMatchObject({ id: "t-1", labels: { env: "test" }, usedAt: at(1) });
    });

    it("can be revoked until they are used", async () => {
      const { joinTokens } = store.fleet;
      await joinTokens.create(token);
      await joinTokens.create({ ...token, id: "t-2", secret: "second" });
      expect(await joinTokens.revoke("t-2")).toBe(true);
      expect(await joinTokens.take("second", { host: "web-1", now: at(1) })).toBeUndefined();
      await joinTokens.take("secret", { host: "web-1", now: at(1) });
      expect(await joinTokens.revoke("t-1")).toBe(false);
    });
  });

  describe("containers", () => {
    beforeEach(async () => {
      await report("web-1");
      await report("web-2");
      await store.images.put(digestOf(1), reportOf("nginx:1", ["critical", "low"]));
    });

    const list = { seen: everything, limit: 10 };

    it("are replaced whole, and counted at their host", async () => {
      const { containers } = store.fleet;
      await containers.replace({
        host: "web-1",
        takenAt: at(1),
        containers: [containerOf("a", { imageId: digestOf(1) }), containerOf("b", { state: "exited" })],
      });
      await containers.replace({ host: "web-2", takenAt: at(1), containers: [containerOf("a")] });
      expect(await store.hosts.find("web-1")).toMatchObject({ containers: 2, running: 1 });
      await containers.replace({
        host: "web-1",
        takenAt: at(2),
        containers: [containerOf("b"), containerOf("c")],
      });
      const { items } = await containers.list({ ...list, host: "web-1" });
      expect(items.map(({ id, seenAt }) => [id, seenAt])).toEqual([
        ["b", at(2)],
        ["c", at(2)],
      ]);
      expect((await containers.list(list)).total).toBe(3);
    });

    it("tell the feed only where something differs", async () => {
      const listing = { host: "web-1", takenAt: at(1), containers: [containerOf("a"), containerOf("b")] };
      await store.fleet.containers.replace(listing);
      const before = await store.changes.last();
      await store.fleet.containers.replace({ ...listing, takenAt: at(2) });
      expect(await changesAfter(before)).toEqual([]);
      expect((await store.fleet.containers.find("web-1", "a"))?.seenAt).toBe(at(2));
      await store.fleet.containers.replace({ ...listing, containers: [containerOf("a")] });
      expect(await changesAfter(before)).toEqual(["containers web-1"]);
    });

    it("of a host that is not there are not taken", async () => {
      await store.fleet.containers.replace({ host: "gone", takenAt: at(1), containers: [containerOf("a")] });
      expect((await store.fleet.containers.list(list)).total).toBe(0);
    });

    it("are found by what they are and by what their image has", async () => {
      const { containers } = store.fleet;
      await containers.replace({
        host: "web-1",
        takenAt: at(1),
        containers: [
          containerOf("a", { imageId: digestOf(1) }),
          containerOf("b", { state: "exited", image: "ghcr.io/acme/app:1" }),
        ],
      });
      const idsOf = async (query: object) =>
        (await containers.list({ ...list, ...query })).items.map(({ id }) => id);
      expect(await idsOf({ severity: "critical" })).toEqual(["a"]);
      expect(await idsOf({ state: "exited" })).toEqual(["b"]);
      expect(await idsOf({ imageId: digestOf(1) })).toEqual(["a"]);
      expect(await idsOf({ text: "ACME" })).toEqual(["b"]);
      expect(await idsOf({ text: "%" })).toEqual([]);
      const [first] = (await containers.list(list)).items;
      expect(first?.severities).toMatchObject({ critical: 1, low: 1 });
      expect(await containers.running([digestOf(1)], everything)).toEqual(new Map([[digestOf(1), 1]]));
      expect((await store.fleet.locations.of(digestOf(1), 9)).map(({ host }) => host)).toEqual(["web-1"]);
      expect(await store.fleet.locations.repositories(digestOf(1))).toEqual(["docker.io/library/nginx"]);
    });

    it.each([
      ["name", ["c1", "c2", "c3"]],
      ["host", ["c2", "c1", "c3"]],
      ["image", ["c3", "c1", "c2"]],
      ["state", ["c3", "c2", "c1"]],
      ["severity", ["c2", "c3", "c1"]],
      ["started", ["c3", "c1", "c2"]],
    ] as const)("are ordered by %s, either way, page by page", async (sort, expected) => {
      const { containers } = store.fleet;
      await containers.replace({
        host: "web-1",
        takenAt: at(1),
        containers: [containerOf("c2", { name: "b", image: "z:1", startedAt: at(9) })],
      });
      await containers.replace({
        host: "web-2",
        takenAt: at(1),
        containers: [
          containerOf("c1", { name: "a", image: "nginx:1", imageId: digestOf(1), startedAt: at(5) }),
          containerOf("c3", { name: "c", image: "alpine:3", state: "exited" }),
        ],
      });
      const idsOf = async (order: "asc" | "desc") => {
        const ids: string[] = [];
        for (let cursor: string | null = ""; cursor !== null; ) {
          const at = cursor === "" ? {} : { cursor };
          const page: Awaited<ReturnType<typeof containers.list>> = await containers.list({
            ...list,
            sort,
            order,
            limit: 1,
            ...at,
          });
          ids.push(...page.items.map(({ id }) => id));
          cursor = page.nextCursor;
        }
        return ids;
      };
      expect(await idsOf("asc")).toEqual(expected);
      expect(await idsOf("desc")).toEqual(expected.toReversed());
    });

    it("say what was last decided about them", async () => {
      await store.fleet.containers.replace({ host: "web-1", takenAt: at(1), containers: [containerOf("a")] });
      await store.records.append({
        logId: "log",
        host: "web-1",
        records: recordsOf(1, 2),
        project: () => ({ ...deniedLaunch("nginx:1"), containerId: "a" }),
      });
      expect((await store.fleet.containers.find("web-1", "a"))?.lastVerdict).toMatchObject({
        decision: "deny",
        launchId: "log.2",
      });
    });

    it("are paged without a gap", async () => {
      const many = Array.from({ length: 25 }, (_, index) =>
        containerOf(`${index}`, { name: `n${index % 3}` }),
      );
      await store.fleet.containers.replace({ host: "web-1", takenAt: at(1), containers: many });
      await store.fleet.containers.replace({ host: "web-2", takenAt: at(1), containers: many });
      const ids = new Set<string>();
      let cursor: string | undefined;
      for (let page = 0; page < 9; page += 1) {
        const { items, nextCursor } = await store.fleet.containers.list({
          ...list,
          limit: 7,
          ...(cursor !== undefined && { cursor }),
        });
        for (const { host, id } of items) ids.add(`${host}~${id}`);
        if (nextCursor === null) break;
        cursor = nextCursor;
      }
      expect(ids.size).toBe(50);
    });
  });

  describe("commands", () => {
    const command = {
      id: "k-1",
      host: "web-1",
      document: { kind: "respond" },
      createdBy: "ann",
      createdAt: at(0),
      expiresAt: at(10),
    };
    const nothing = { given: [], expired: [] };
    const take = (minute: number, host = "web-1") =>
      store.fleet.commands.take(host, { now: at(minute), givenBefore: at(minute - 1), limit: 10 });

    it("are given once, and again when nothing was heard of them", async () => {
      await store.fleet.commands.add(command);
      expect(await take(1, "web-2")).toEqual(nothing);
      const first = await take(1);
      expect(first.given.map(({ id, state }) => [id, state])).toEqual([["k-1", "delivered"]]);
      expect(await take(1)).toEqual(nothing);
      expect((await take(3)).given).toHaveLength(1);
    });

    it("are not given any more when they have expired, which is told once", async () => {
      await store.fleet.commands.add(command);
      expect(await store.fleet.commands.late("web-1", at(9))).toEqual([]);
      const late = await store.fleet.commands.late("web-1", at(10));
      expect(late).toMatchObject([{ id: "k-1", state: "expired" }]);
      expect(await take(10)).toEqual({ given: [], expired: late });
      expect(await take(11)).toEqual(nothing);
      expect(await store.fleet.commands.late("web-1", at(11))).toEqual([]);
      expect(await store.fleet.commands.find("k-1")).toMatchObject({ state: "expired", finishedAt: at(10) });
    });

    it("keep the first outcome that their own host tells", async () => {
      const outcome = { id: "k-1", host: "web-1", state: "done", detail: "killed", at: at(2) } as const;
      await store.fleet.commands.add(command);
      await take(1);
      expect(await store.fleet.commands.finish({ ...outcome, host: "web-2" })).toBeUndefined();
      expect(await store.fleet.commands.finish({ ...outcome, id: "k-9" })).toBeUndefined();
      expect(await store.fleet.commands.isNews({ ...outcome, host: "web-2" })).toBe(false);
      expect(await store.fleet.commands.isNews(outcome)).toBe(true);
      expect(await store.fleet.commands.finish(outcome)).toMatchObject({ news: true });
      expect(await store.fleet.commands.isNews(outcome)).toBe(false);
      const again = await store.fleet.commands.finish({ ...outcome, state: "failed" });
      expect(again).toMatchObject({ news: false, command: { state: "done", detail: "killed" } });
      expect(await take(9)).toEqual(nothing);
    });

    it("that a host took tell what came of them also when they have expired meanwhile, once", async () => {
      const outcome = { id: "k-1", host: "web-1", state: "done", detail: "killed", at: at(12) } as const;
      await store.fleet.commands.add(command);
      await take(9);
      const { expired } = await take(11);
      expect(expired).toMatchObject([{ detail: "it was taken, and nobody said in time what came of it" }]);
      expect(await store.fleet.commands.finish({ ...outcome, state: "expired" })).toMatchObject({
        news: false,
      });
      expect(await store.fleet.commands.finish(outcome)).toMatchObject({ news: true });
      const again = await store.fleet.commands.finish({ ...outcome, state: "failed" });
      expect(again).toMatchObject({ news: false, command: { state: "done", finishedAt: at(12) } });
    });

    it("that a host never took stay expired, whatever it says", async () => {
      await store.fleet.commands.add(command);
      await take(11);
      const outcome = { id: "k-1", host: "web-1", state: "done", detail: "killed", at: at(12) } as const;
      expect(await store.fleet.commands.finish(outcome)).toMatchObject({
        news: false,
        command: { state: "expired", detail: "it was not carried out in time" },
      });
    });

    it("are found again by their container, the newest first, whatever became of them and however many are of others", async () => {
      const about = (id: string, containerId: string, host = "web-1") =>
        store.fleet.commands.add({
          ...command,
          id,
          host,
          document: { kind: "respond", containerId, reason: "r" },
        });
      await about("k-1", "a_1");
      await take(10);
      await about("k-2", "a_1");
      await about("k-3", "a_1", "web-2");
      for (const other of ["ab1", "a_12", "b"]) await about(`other-${other}`, other);
      const found = await store.fleet.commands.aboutContainer("web-1", "a_1", 2);
      expect(found.map(({ id, state }) => [id, state])).toEqual([
        ["k-2", "queued"],
        ["k-1", "expired"],
      ]);
      const [newest] = await store.fleet.commands.aboutContainer("web-1", "a_1", 1);
      expect(newest?.id).toBe("k-2");
    });
  });

  describe("policies", () => {
    it("are changed only by who has seen what they change", async () => {
      const { policies } = store.fleet;
      const made = await policies.put(policy, "new");
      const revision = made.kind === "done" ? made.policy.revision : "";
      expect(made).toMatchObject({ kind: "done", policy: { name: "base", enabled: true } });
      expect(await policies.put(policy, "new")).toEqual({ kind: "conflict" });
      expect(await policies.put({ ...policy, name: "other" }, revision)).toEqual({ kind: "missing" });
      const changed = await policies.put({ ...policy, text: "other" }, revision);
      expect(changed.kind).toBe("done");
      expect(await policies.put(policy, revision)).toEqual({ kind: "conflict" });
      expect(await policies.remove("base", revision)).toEqual({ kind: "conflict" });
      const [held] = await policies.all();
      expect(held).toMatchObject({ text: "other", scope: policy.scope, rules: ["base/a"] });
      expect((await policies.remove("base", held?.revision ?? "")).kind).toBe("done");
      expect(await policies.find("base")).toBeUndefined();
      expect(await policies.remove("base", revision)).toEqual({ kind: "missing" });
    });

    it("of the same text, scope and state have the same revision", async () => {
      const { policies } = store.fleet;
      await policies.put(policy, "new");
      await policies.put({ ...policy, name: "twin", changedBy: "bob" }, "new");
      await policies.put({ ...policy, name: "off", enabled: false }, "new");
      const [base, off, twin] = await policies.all();
      expect(base?.revision).toBe(twin?.revision);
      expect(base?.revision).not.toBe(off?.revision);
    });
  });

  describe("exceptions", () => {
    it("are active until they end or are withdrawn, and none is forgotten", async () => {
      const { exceptions } = store.fleet;
      for (let minute = 1; minute <= 3; minute += 1) await exceptions.add(exceptionOf(`e-${minute}`, minute));
      await exceptions.add(exceptionOf("e-4", 4, { expiresAt: at(5), reason: "Short" }));
      const withdrawn = await exceptions.withdraw("e-2", { by: "bob", at: at(6) });
      expect(withdrawn).toMatchObject({ withdrawnBy: "bob", withdrawnAt: at(6) });
      expect(await exceptions.withdraw("e-2", { by: "eve", at: at(7) })).toMatchObject({
        withdrawnBy: "bob",
      });
      expect(await exceptions.withdraw("none", { by: "eve", at: at(7) })).toBeUndefined();
      expect((await exceptions.active(at(6))).map(({ id }) => id)).toEqual(["e-1", "e-3"]);
      const idsOf = async (query: object) =>
        (await exceptions.list({ now: at(6), limit: 10, ...query })).items.map(({ id }) => id);
      expect(await idsOf({})).toEqual(["e-4", "e-3", "e-2", "e-1"]);
      expect(await idsOf({ state: "active" })).toEqual(["e-3", "e-1"]);
      expect(await idsOf({ state: "expired" })).toEqual(["e-4"]);
      expect(await idsOf({ state: "withdrawn" })).toEqual(["e-2"]);
      expect(await idsOf({ text: "SHORT" })).toEqual(["e-4"]);
      expect(await idsOf({ endsBefore: at(30) })).toEqual(["e-4"]);
      expect(await idsOf({ state: "active", endsBefore: at(31) })).toEqual(["e-3", "e-1"]);
      const first = await exceptions.list({ now: at(6), limit: 3 });
      expect(await idsOf({ cursor: first.nextCursor ?? "" })).toEqual(["e-1"]);
    });
  });

  describe("launches", () => {
    it("are found by their host, a rule that they broke, and their time", async () => {
      for (const host of ["web-1", "web-2"]) {
        await store.records.append({
          logId: host,
          host,
          records: recordsOf(1, 3),
          project: ({ sequence }) => ({
            ...deniedLaunch("nginx:1"),
            words: sequence === 1 ? ["web", "base/no-root"] : ["web", "base/no-root-at-all"],
          }),
        });
      }
      const totalOf = async (query: object) =>
        (await store.launches.list({ seen: everything, limit: 9, ...query })).total;
      expect(await totalOf({ host: "web-1" })).toBe(3);
      expect(await totalOf({ rule: "base/no-root" })).toBe(2);
      expect(await totalOf({ rule: "no-root" })).toBe(2);
      expect(await totalOf({ rule: "root" })).toBe(0);
      expect(await totalOf({ from: "2026-11-24T10:00:02Z" })).toBe(4);
      expect(await totalOf({ to: "2026-11-24T10:00:02Z" })).toBe(2);
      expect(await store.launches.placeOf("web-1.1")).toEqual({
        host: "web-1",
        repository: "docker.io/library/nginx",
      });
      expect((await store.launches.recorded({ seen: everything, limit: 4 })).map(({ id }) => id)).toEqual([
        "web-2.3",
        "web-1.3",
        "web-2.2",
        "web-1.2",
      ]);
      const seen = [[{ hosts: ["web-1"] }]];
      expect((await store.launches.recorded({ seen, limit: 2 })).map(({ id }) => id)).toEqual([
        "web-1.3",
        "web-1.2",
      ]);
      expect(await store.records.head("web-2")).toMatchObject({ host: "web-2" });
    });
  });
});
