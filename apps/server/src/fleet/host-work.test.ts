import { setImmediate } from "node:timers/promises";
import type { StoredException, StoredPolicy } from "@pratique/store";
import { openStore, type Store } from "@pratique/store";
import { tempDirectory } from "@pratique/testkit";
import { pino } from "pino";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { documentsOf, HostWork, wantedOf } from "./host-work.ts";

const NOW = Date.parse("2026-11-25T10:00:00Z");

const policy: StoredPolicy = {
  name: "base",
  text: "text",
  scope: { labels: { env: ["test"] } },
  enabled: true,
  revision: "r1",
  rules: [],
  changedAt: "2026-11-25T09:00:00.000Z",
  changedBy: "ann",
};

const exception: StoredException = {
  id: "e-1",
  rules: ["base/a"],
  scope: { hosts: ["web-*"] },
  reason: "r",
  owner: "o",
  expiresAt: "2026-11-26T10:00:00.000Z",
  grantedBy: "ann",
  approvedBy: null,
  grantedAt: "2026-11-25T09:00:00.000Z",
  withdrawnBy: null,
  withdrawnAt: null,
};

const ruleFile: StoredPolicy = { ...policy, name: "shells", text: "[]" };

const web = { name: "web-1", labels: { env: "test" } };

describe("what a host is to have in force", () => {
  const wanted = (host = web, more: Partial<Parameters<typeof wantedOf>[1]> = {}) =>
    wantedOf(host, { policies: [policy], exceptions: [exception], ruleFiles: [ruleFile], now: NOW, ...more });

  it("is what its name and labels are covered by", () => {
    expect(documentsOf(wanted()).map(({ path }) => path)).toEqual(["base.yaml", "exceptions/e-1.yaml"]);
    expect(documentsOf(wanted({ name: "db-1", labels: { env: "production" } }))).toEqual([]);
    const registry = { ...policy, scope: { registries: ["*"] } };
    expect(wanted(web, { policies: [registry] }).policies).toEqual([]);
    expect(wanted().ruleFiles).toEqual([ruleFile]);
    expect(wanted(web, { ruleFiles: [registry] }).ruleFiles).toEqual([]);
  });

  it("has no exception that has ended", () => {
    expect(wanted(web, { now: Date.parse(exception.expiresAt) }).exceptions).toEqual([]);
  });

  it.each([
    ["a file's revision", [{ ...ruleFile, revision: "r2" }]],
    ["a file more", [ruleFile, { ...ruleFile, name: "more" }]],
    ["no file", []],
  ])("has another revision of rules, and of rules alone, with %s", (_, ruleFiles) => {
    const other = wanted(web, { ruleFiles });
    expect(other.rulesRevision).not.toBe(wanted().rulesRevision);
    expect(other.revision).toBe(wanted().revision);
  });

  it.each([
    ["a policy's revision", { policies: [{ ...policy, revision: "r2" }] }, web],
    ["a policy more", { policies: [policy, { ...policy, name: "more" }] }, web],
    ["an exception less", { exceptions: [] }, web],
    ["another label", {}, { ...web, labels: { env: "test", team: "web" } }],
  ])("has another revision with %s", (_, more, host) => {
    expect(wanted(host, more).revision).not.toBe(wanted().revision);
    expect(wanted(host, more).revision).toBe(wanted(host, more).revision);
  });
});

describe("who waits for work", () => {
  const directory = tempDirectory();
  let store: Store;
  let work: HostWork;
  let nowMs: number;
  let file = 0;

  beforeEach(async () => {
    file += 1;
    store = await openStore({ file: directory.at(`store-${file}.sqlite`) });
    nowMs = NOW;
    work = new HostWork({ store, now: () => nowMs, log: pino({ level: "silent" }) });
    // The first change is one of which it does not know what came before: everybody looks then.
    using watch = work.watch("none");
    await addCommand("none");
    await watch.woken;
  });

  afterEach(async () => {
    await store.close();
  });
  afterAll(() => directory[Symbol.dispose]());

  let commands = 0;
  async function addCommand(host: string): Promise<void> {
    commands += 1;
    const [createdAt, expiresAt] = ["2026-11-25T10:00:00.000Z", "2026-11-25T11:00:00.000Z"];
    const id = `k-${commands}`;
    await store.fleet.commands.add({ id, host, document: {}, createdBy: "ann", createdAt, expiresAt });
  }

  it("is woken by a command of their own, and not by those of others", async () => {
    using own = work.watch("web-1");
    using other = work.watch("web-2");
    const woken: string[] = [];
    const noting = [own.woken.then(() => woken.push("own")), other.woken.then(() => woken.push("other"))];
    await addCommand("web-1");
    await noting[0];
    expect(woken).toEqual(["own"]);
    await addCommand("web-2");
    await noting[1];
    expect(woken).toEqual(["own", "other"]);
  });

  it("is woken by a policy, which they then see", async () => {
    expect((await work.wantedBy(web)).policies).toEqual([]);
    using watch = work.watch("web-1");
    const { revision: _, ...made } = policy;
    await store.fleet.policies.put(made, "new");
    await watch.woken;
    expect((await work.wantedBy(web)).policies.map(({ name }) => name)).toEqual(["base"]);
  });

  it("is woken by a policy after others who were, with turns for who asks for something else in between", async () => {
    const hosts = Array.from({ length: 100 }, (_, index) => `host-${index}`);
    const watches = hosts.map((host) => work.watch(host));
    const { revision: _, ...made } = policy;
    const woken: string[] = [];
    const all = watches.map(async ({ woken: told }, index) => {
      await told;
      woken.push(hosts[index] ?? "");
    });
    const turns = new Set<number>();
    let isWaiting = true;
    const others = (async () => {
      for (; isWaiting; await setImmediate()) turns.add(woken.length);
    })();
    await store.fleet.policies.put(made, "new");
    await Promise.all(all);
    isWaiting = false;
    await others;
    expect(woken).toEqual(hosts);
    expect([...turns].filter((count) => count > 0 && count < hosts.length).length).toBeGreaterThan(0);
    for (const watch of watches) watch[Symbol.dispose]();
  });

  it("is woken by an exception and by its end", async () => {
    const { withdrawnAt: _at, withdrawnBy: _by, ...granted } = exception;
    using first = work.watch("web-1");
    await store.fleet.exceptions.add(granted);
    await first.woken;
    expect((await work.wantedBy(web)).exceptions).toHaveLength(1);
    using second = work.watch("web-1");
    await store.fleet.exceptions.withdraw("e-1", { by: "ann", at: "2026-11-25T10:00:00.000Z" });
    await second.woken;
    expect((await work.wantedBy(web)).exceptions).toEqual([]);
  });

  it("has an exception again that had ended by a clock that was years ahead", async () => {
    const { withdrawnAt: _at, withdrawnBy: _by, ...granted } = exception;
    using watch = work.watch("web-1");
    await store.fleet.exceptions.add(granted);
    await watch.woken;
    nowMs = NOW + 3653 * 86_400_000;
    expect((await work.wantedBy(web)).exceptions).toEqual([]);
    nowMs = NOW;
    expect((await work.wantedBy(web)).exceptions).toHaveLength(1);
  });

  it("is woken by another label of their host", async () => {
    const report = { name: "web-1", logId: "l", heardAt: "2026-11-25T10:00:00.000Z", status: {} };
    await store.hosts.put({ ...report, labels: { env: "test" } });
    using watch = work.watch("web-1");
    await store.hosts.put({ ...report, labels: { env: "production" } });
    await watch.woken;
    expect((await store.hosts.labelsOf(["web-1"])).get("web-1")).toEqual({ env: "production" });
  });
});
