import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { JsonObject } from "@pratique/core";
import {
  APPLIED_ADVISORIES,
  openStore,
  type RegistrySetting,
  type Store,
  type StoredRegistryImage,
} from "@pratique/store";
import { type TempDirectory, tempDirectory } from "@pratique/testkit";
import { pino } from "pino";
import { afterEach, beforeEach, expect, it } from "vitest";
import { REMATCH_JOB } from "../rematch/rematcher.ts";
import { openSealing, ownKey } from "../sealing/open-sealing.ts";
import { digestOf } from "../testdata/samples.ts";
import { RegistryWork } from "./registry-work.ts";

const HOST = "registry.example";
const seen = [[{}]];

let directory: TempDirectory;
let store: Store;
let work: RegistryWork;
let sealing: Awaited<ReturnType<typeof openSealing>>;

beforeEach(async () => {
  directory = tempDirectory();
  store = await openStore({ file: directory.at("store.sqlite") });
  sealing = await openSealing({
    records: store.settings.keyRecords,
    key: ownKey(directory.path),
    now: () => new Date(),
  });
  const module = path.join(import.meta.dirname, "../testdata/toy-scanner.ts");
  work = new RegistryWork({
    store,
    sealer: sealing.sealer,
    scanner: { module, args: [], memoryMiB: 256 },
    workers: 1,
    now: Date.now,
    log: pino({ level: "silent" }),
  });
});

afterEach(async () => {
  await work.close();
  sealing[Symbol.dispose]();
  await store.close();
  directory[Symbol.dispose]();
});

const setting: Omit<RegistrySetting, "revision"> = {
  id: "main",
  name: "Main",
  kind: "distribution",
  address: HOST,
  path: "",
  settings: {},
  everyMinutes: 0,
  concurrency: 1,
  sealedSecrets: null,
  secretNames: [],
};

/** Puts images into the queue, each under another tag. */
async function fill(tags: readonly string[], registry = "main", open: JsonObject = {}): Promise<void> {
  const { settings, listings } = store.registries;
  await settings.put({ ...setting, id: registry, settings: open });
  const listing = await listings.begin(registry, "test");
  if (listing === undefined) throw new Error("it is not due");
  await listings.add(
    listing,
    tags.map((tag) => ({ repository: `${HOST}/app`, tag, platform: "" })),
  );
  await listings.end(listing, undefined);
}

/** Reads what waits, until no image waits for its first try or is being read. */
async function read(): Promise<readonly StoredRegistryImage[]> {
  work.start();
  for (;;) {
    const { items } = await store.registries.queue.list({ seen, limit: 10 });
    if (items.every(({ state, tries }) => state !== "running" && tries > 0)) return items;
    await sleep(20);
  }
}

async function scan(tag: string): Promise<StoredRegistryImage | undefined> {
  await fill([tag]);
  return (await read())[0];
}

it.each([
  ["what was listed", `${HOST}/3`, 3, undefined],
  ["nothing of another registry", "other.example/1", 0, "INTERNAL"],
  ["nothing where another question is answered", "another/1", 0, "INTERNAL"],
  ["nothing where it is more than was asked for", `${HOST}/4`, 0, "INTERNAL"],
])("notes %s", async (_, path, images, code) => {
  const { settings, queue } = store.registries;
  await settings.put({ ...setting, path, settings: { maxImages: 3 } });
  work.start();
  for (;;) {
    const { listedAtMs, error } = (await settings.find("main")) ?? {};
    if (error?.code === code && (error !== null || listedAtMs !== null)) break;
    await sleep(20);
  }
  expect((await queue.list({ seen, limit: 10 })).total).toBe(images);
});

it("keeps the report of an image, under its name", async () => {
  expect(await scan("1")).toMatchObject({ state: "scanned", assessment: "partial", error: null });
  const imageId = digestOf(`${HOST}/app:1`);
  expect((await store.images.find(imageId))?.report.target.reference).toBe(`${HOST}/app:1`);
  expect(await store.fleet.locations.repositories(imageId)).toEqual([`${HOST}/app`]);
});

it("has an image held against the advisories of the servers where those are newer than its own", async () => {
  const builtAt = "2999-01-01T00:00:00.000Z";
  await store.settings.documents.remember(APPLIED_ADVISORIES, { file: "f", revision: "r", builtAt });
  await scan("1");
  const waiting = await store.jobs.list({ state: "queued", limit: 10 });
  expect(waiting.map(({ name }) => name)).toContain(REMATCH_JOB);
});

it.each([
  ["dies", "it ended by itself"],
  ["lies", "it answered in no form that is known"],
  ["greedy", "it took too much memory"],
  ["climbs", "it answered in no form that is known"],
])("tries again an image whose reader %s", async (tag, why) => {
  const image = await scan(tag);
  expect(image).toMatchObject({ state: "waiting", tries: 1, error: { code: "WORKER_DIED" } });
  expect(image?.error?.message).toContain(why);
});

it("tries again an image whose reader cannot be started", async () => {
  const { execPath } = process;
  process.execPath = directory.at("no-such-program");
  try {
    const image = await scan("1");
    expect(image).toMatchObject({ state: "waiting", tries: 1, error: { code: "WORKER_DIED" } });
    expect(image?.error?.message).toContain("ENOENT");
  } finally {
    process.execPath = execPath;
  }
});

it("leaves to others what it is at when it ends, and what comes after it", async () => {
  await fill(["hangs", "1"]);
  const images = async () => (await store.registries.queue.list({ seen, limit: 10 })).items;
  work.start();
  while ((await images())[0]?.state !== "running") await sleep(20);
  await work.close();
  expect(await images()).toMatchObject([
    { tag: "hangs", state: "waiting", tries: 0 },
    { tag: "1", state: "waiting", tries: 0 },
  ]);
  const waiting = await store.jobs.list({ state: "queued", limit: 10 });
  expect(waiting.map(({ key }) => key)).toContain("registry.scan main 0");
});

it("reads each registry in processes of its own", async () => {
  await fill(["who", "who-again"]);
  await fill(["who"], "other");
  const [first, second, third] = (await read()).map(({ error }) => error?.message);
  expect(first).toMatch(/^process \d+$/u);
  expect(second).toBe(first);
  expect(third).toMatch(/^process \d+$/u);
  expect(third).not.toBe(first);
});

const seeking = (list: string) => `apiVersion: pratique/v1
kind: Policy
metadata: { name: ${list} }
spec:
  rules:
    - { name: seek, deny: "image.${list}State == 'found'", message: m, value: v, fix: f }
`;

it.each([
  ["nothing where nobody asks", [], [], ""],
  ["what the registry is set up with", ["licenses"], [], "licenses"],
  ["what a policy in force looks at besides", ["licenses"], [["secrets", true]], "secrets and licenses"],
  ["nothing for a policy that is not in force", [], [["secrets", false]], ""],
] as const)("looks for %s", async (_, lookFor, policies, sought) => {
  for (const [name, enabled] of policies) {
    const changed = { changedAt: new Date().toISOString(), changedBy: "ann" };
    const policy = { name, text: seeking(name), scope: {}, enabled, rules: [], ...changed };
    await store.fleet.policies.put(policy, "new");
  }
  await fill(["sought"], "main", { lookFor });
  expect((await read())[0]?.error?.message).toBe(`looks for ${sought}`);
});

it("lets a reader go on with a layer where nothing is shared", async () => {
  expect(await scan("asks")).toMatchObject({ state: "scanned", error: null });
});

it.each(["another", "garbage"])("takes nothing of a reader that answers with %s", async (tag) => {
  expect(await scan(tag)).toMatchObject({ state: "failed", error: { code: "INTERNAL" } });
  expect((await store.images.list({ seen, sort: "severity", order: "desc", limit: 1 })).total).toBe(0);
});
