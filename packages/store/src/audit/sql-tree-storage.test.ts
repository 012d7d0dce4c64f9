import { storageTileSource, verifyTree } from "@pratique/audit";
import { afterEach, describe, expect, it } from "vitest";
// The contract lies beside the port: every storage is asked the same, wherever it lives.
import { event, fill, logSigner, openLog } from "../../../audit/src/tree/testdata/sample.ts";
import { treeStorageContract } from "../../../audit/src/tree/testdata/storage-contract.ts";
import { openStore, type Store } from "../index.ts";
import { describeOnEach, type TestDatabase } from "../testdata/databases.ts";
import { toyMark, toySeal } from "../testdata/toy-seal.ts";

describeOnEach((make) => {
  const opened: Store[] = [];
  const made: TestDatabase[] = [];

  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
    for (const database of made.splice(0)) await database[Symbol.asyncDispose]();
  });

  async function database(): Promise<TestDatabase> {
    const fresh = await make();
    made.push(fresh);
    return fresh;
  }

  async function storeOf({ options }: TestDatabase): Promise<Store> {
    const store = await openStore(options);
    opened.push(store);
    return store;
  }

  describe("a log in the store", () => {
    treeStorageContract(async () =>
      (await storeOf(await database())).audit.tree({ holder: "a", seal: toySeal }),
    );
  });

  it("lets two servers write to one log, each on its own connection", async ({ skip }) => {
    const shared = await database();
    if (shared.kind === "sqlite") skip("a file is one server's own");
    const stores = [await storeOf(shared), await storeOf(shared)];
    const logs = stores.map((store, at) =>
      openLog({ storage: store.audit.tree({ holder: `s${at}`, seal: toySeal }) }),
    );
    for (let round = 0; round < 5; round += 1) await Promise.all(logs.map((log) => fill(log, 30)));
    await logs[0]?.checkpoint();
    const { items, total } = (await stores[1]?.audit.entries.search({ limit: 1 })) ?? { items: [], total: 0 };
    expect([total, items[0]?.index]).toEqual([300, 299]);
    const storage = stores[0]?.audit.tree({ holder: "reader", seal: toySeal });
    if (storage === undefined) throw new Error("no store was opened");
    const found = await verifyTree({ source: storageTileSource(storage), logKeys: [logSigner.key] });
    expect(found).toMatchObject({ entries: 300, problems: [] });
  });

  it("finds entries by what they say, newest first, and pages through them", async () => {
    const store = await storeOf(await database());
    const log = openLog({ storage: store.audit.tree({ holder: "a", seal: toySeal }) });
    const ada = { id: "u-1", kind: "user", method: "oidc", name: "Ada Lovelace" } as const;
    const eve = { id: "u-2", kind: "user", method: "token" } as const;
    const subject = { kind: "policy", id: "base_1" };
    await log.append(event("putPolicy", { actor: ada, subject }));
    await log.append(event("putPolicy", { actor: eve, decision: { effect: "deny", rule: "no role" } }));
    await log.append(event("signIn", { actor: ada, class: "access" }));
    for (let at = 0; at < 5; at += 1) await log.append(event("listAccounts", { class: "read", actor: eve }));
    const { entries } = store.audit;
    const indexes = async (query: object) =>
      (await entries.search({ limit: 10, ...query })).items.map(({ index }) => index);
    expect(await indexes({ action: "putPolicy" })).toEqual([1, 0]);
    expect(await indexes({ actor: "u-1" })).toEqual([2, 0]);
    expect(await indexes({ decision: "deny" })).toEqual([1]);
    expect(await indexes({ class: "access" })).toEqual([2]);
    expect(await indexes({ subject: "base_1" })).toEqual([0]);
    expect(await indexes({ subject: "policy:base_1" })).toEqual([0]);
    expect(await indexes({ subject: "policy:baseX1" })).toEqual([]);
    // Names are sealed: whoever asks says whom the text means.
    expect(await indexes({ text: "LOVELACE" })).toEqual([]);
    expect(await indexes({ text: "x", meant: { actors: ["u-1"], marks: [] } })).toEqual([2, 0]);
    const marks = [toyMark("Ada Lovelace"), toyMark("Eve")];
    expect(await indexes({ text: "x", meant: { actors: [], marks } })).toEqual([2, 0]);
    expect(await indexes({ text: "signIn", meant: { actors: ["u-2"], marks: [] } })).toEqual([
      7, 6, 5, 4, 3, 2, 1,
    ]);
    expect(await indexes({ text: "%" })).toEqual([]);
    expect(await indexes({ from: "2030-01-01T00:00:00.000Z" })).toEqual([]);
    const first = await entries.search({ limit: 3, class: "read" });
    expect([first.total, first.items.map(({ index }) => index)]).toEqual([5, [7, 6, 5]]);
    const second = await entries.search({ limit: 3, class: "read", cursor: first.nextCursor ?? "" });
    expect([second.nextCursor, second.items.map(({ index }) => index)]).toEqual([null, [4, 3]]);
    const [newest] = (await entries.search({ limit: 1, actor: "u-1" })).items;
    const opened = await Promise.all((newest?.openings ?? []).map((stored) => toySeal.open(stored)));
    expect(opened.flat().map(({ value }) => value)).toEqual(["Ada Lovelace"]);
  });

  it("knows which calls have begun and not ended, and whose they are", async () => {
    const store = await storeOf(await database());
    const log = openLog({ storage: store.audit.tree({ holder: "server-1", seal: toySeal }) });
    await log.append(event("a", { stage: "intent", call: "c-1" }));
    await Promise.all([
      log.append(event("b", { stage: "intent", call: "c-2" })),
      log.append(event("b", { stage: "outcome", call: "c-2" })),
    ]);
    await log.append(event("c", { stage: "intent", call: "c-3" }));
    await log.append(event("c", { stage: "outcome", call: "c-3" }));
    const open = await store.audit.entries.openCalls(10);
    expect(open.map(({ call, index, holder }) => [call, index, holder])).toEqual([["c-1", 0, "server-1"]]);
  });

  it("keeps exports, and moves their cursors forward only", async () => {
    const { exporters } = (await storeOf(await database())).audit;
    const exporter = {
      id: "siem",
      kind: "webhook",
      name: "SIEM",
      enabled: true,
      format: "ocsf",
      settings: { a: 1 },
      sealedSecrets: "sealed",
      secretNames: ["url"],
    };
    expect([await exporters.put(exporter, "r1"), await exporters.put(exporter, "new")]).toEqual([
      false,
      true,
    ]);
    const seen = (await exporters.find("siem"))?.revision;
    expect(await exporters.loadCursor("siem")).toBe(0);
    await exporters.saveCursor("siem", 7);
    await exporters.saveCursor("siem", 5);
    await exporters.note("siem", "refused");
    expect(await exporters.loadCursor("siem")).toBe(7);
    expect(await exporters.list()).toMatchObject([{ ...exporter, revision: seen, lastError: "refused" }]);
    expect(await exporters.put({ ...exporter, enabled: false }, seen)).toBe(true);
    expect(await exporters.put({ ...exporter, format: "cef" }, seen)).toBe(false);
    expect(await exporters.put(exporter, "new")).toBe(false);
    expect(await exporters.find("siem")).toMatchObject({ ...exporter, enabled: false, lastError: null });
    expect([await exporters.remove("siem"), await exporters.remove("siem")]).toEqual([true, false]);
    expect(await exporters.loadCursor("siem")).toBe(0);
  });
});
