import type { Retention } from "@pratique/api";
import { openStore, type Store } from "@pratique/store";
import { type TempDirectory, tempDirectory } from "@pratique/testkit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { chainOf, sampleHost } from "../testdata/samples.ts";
import { testServer } from "../testdata/test-server.ts";
import { applyRetention, defaultRetention, retentionIn, setRetention } from "./retention.ts";

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 10, 24, 12);
const now = "2026-11-24T12:00:00.000Z";

let directory: TempDirectory;
let store: Store;

beforeEach(async () => {
  directory = tempDirectory();
  store = await openStore({ file: directory.at("store.sqlite") });
  await store.hosts.put({
    name: "web-1",
    logId: "log-1",
    heardAt: new Date(START).toISOString(),
    status: sampleHost,
  });
  await store.records.append({
    logId: "log-1",
    host: "web-1",
    records: chainOf([{ n: 1 }]),
    project: () => undefined,
  });
  await store.fleet.containers.replace({
    host: "web-1",
    takenAt: new Date(START).toISOString(),
    containers: [{ id: "c", name: "c", image: "web:1", state: "running", document: {} }],
  });
});

afterEach(async () => {
  await store.close();
  directory[Symbol.dispose]();
});

/** By somebody who has just looked. */
async function set(retention: Retention): Promise<void> {
  const { revision } = await retentionIn(store);
  expect(await setRetention(store, retention, { by: "counsel", now, revision })).toBeDefined();
}

const running = async () => (await store.fleet.containers.find("web-1", "c")) !== undefined;

it("forgets each class at the age that is set, and nothing before", async () => {
  expect(await retentionIn(store)).toEqual({ ...defaultRetention, revision: "new" });
  await set({ ...defaultRetention, containerDays: 2, recordDays: 365 });
  expect((await applyRetention(store, START + DAY_MS)).records.verdict).toBe(0);
  expect(await running()).toBe(true);
  expect((await applyRetention(store, START + 3 * DAY_MS)).records.verdict).toBe(0);
  expect(await running()).toBe(false);
  expect((await applyRetention(store, START + 366 * DAY_MS)).records.verdict).toBe(1);
});

it("forgets nothing while a legal hold stands, and goes on when it is released", async () => {
  await set({ ...defaultRetention, legalHold: true });
  await set({ ...defaultRetention, legalHold: true, containerDays: 1 });
  expect(await store.legalHolds.list()).toMatchObject([{ scope: "all", placedBy: "counsel" }]);
  expect((await applyRetention(store, START + 4000 * DAY_MS)).records.verdict).toBe(0);
  expect(await running()).toBe(true);
  await set(defaultRetention);
  expect(await store.legalHolds.list()).toEqual([]);
  expect((await applyRetention(store, START + 4000 * DAY_MS)).records.verdict).toBe(1);
});

it("holds everything that the settings hold, though the hold itself was released beside them", async () => {
  await set({ ...defaultRetention, legalHold: true, containerDays: 1 });
  await store.legalHolds.release("settings");
  expect((await applyRetention(store, START + 4000 * DAY_MS)).records.verdict).toBe(0);
  expect(await running()).toBe(true);
  expect(await store.legalHolds.list()).toMatchObject([{ id: "settings", placedBy: "server" }]);
});

it("forgets nothing by settings that it cannot read", async () => {
  await store.settings.documents.put("retention", { ...defaultRetention, recordDays: 36_500, later: true });
  await expect(applyRetention(store, START + 4000 * DAY_MS)).rejects.toMatchObject({ code: "INTERNAL" });
  expect(await running()).toBe(true);
  expect(await store.records.acknowledged("log-1")).toBe(1);
  await set(defaultRetention);
  expect((await applyRetention(store, START + 4000 * DAY_MS)).records.verdict).toBe(1);
});

it("leaves holds of another hand alone", async () => {
  await store.legalHolds.place({
    id: "case-7",
    scope: "host",
    subject: "web-1",
    reason: "r",
    placedBy: "p",
    placedAt: now,
  });
  await set(defaultRetention);
  expect(await store.legalHolds.list()).toMatchObject([{ id: "case-7" }]);
  await applyRetention(store, START + 4000 * DAY_MS);
  expect(await running()).toBe(true);
});

it("changes nothing for one who saw another revision, and holds nothing either", async () => {
  await set({ ...defaultRetention, launchDays: 60 });
  const held = { ...defaultRetention, legalHold: true };
  expect(await setRetention(store, held, { by: "counsel", now, revision: "new" })).toBeUndefined();
  expect(await retentionIn(store)).toMatchObject({ launchDays: 60, legalHold: false });
  expect(await store.legalHolds.list()).toEqual([]);
});

it("is set by those who may and have seen it, within its bounds", async () => {
  await using server = await testServer();
  const headers = { origin: server.running.url, cookie: await server.signIn() };
  const show = async () => (await server.call("/api/v1/retention", { headers })).json;
  const put = (body: unknown, match: Record<string, string> = { "if-none-match": "*" }) =>
    server.call("/api/v1/retention", { method: "PUT", headers: { ...headers, ...match }, body });
  expect(await show()).toEqual({ ...defaultRetention, revision: "new" });
  expect((await put({ ...defaultRetention, recordDays: 30 })).json.code).toBe("REQUEST_MALFORMED");
  const wanted = { ...defaultRetention, launchDays: 60, legalHold: true };
  expect((await put(wanted, {})).json.code).toBe("REVISION_MISSING");
  const { json: written } = await put(wanted);
  expect(written).toMatchObject(wanted);
  expect(await show()).toEqual(written);
  expect((await put(defaultRetention)).json.code).toBe("REVISION_STALE");
  const anew = await put(defaultRetention, { "if-match": `"${written.revision}"` });
  expect(anew.json).toMatchObject(defaultRetention);
  expect((await server.call("/api/v1/retention", {})).status).toBe(401);
});
