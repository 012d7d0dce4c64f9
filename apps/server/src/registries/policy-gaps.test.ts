import { setTimeout as sleep } from "node:timers/promises";
import type { SoughtList } from "@pratique/core";
import { openStore, type Store } from "@pratique/store";
import { type TempDirectory, tempDirectory } from "@pratique/testkit";
import { pino } from "pino";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startJobs } from "../server-jobs.ts";
import { digestOf, sampleReport } from "../testdata/samples.ts";
import { PolicyGaps } from "./policy-gaps.ts";

const HOST = "registry.example";
const lists: Readonly<Record<string, object>> = {
  bare: {},
  searched: { secrets: [] },
  licensed: { licenses: [] },
};

let directory: TempDirectory;
let store: Store;
let gaps: PolicyGaps;
let jobs: AsyncDisposable | undefined;
const log = pino({ level: "silent" });

beforeEach(async () => {
  directory = tempDirectory();
  store = await openStore({ file: directory.at("store.sqlite") });
  await scanAll();
  gaps = open();
});

afterEach(async () => {
  await close();
  await store.close();
  directory[Symbol.dispose]();
});

function open(): PolicyGaps {
  return new PolicyGaps({ store, now: Date.now, log });
}

function start(): void {
  gaps.start();
  jobs = startJobs(gaps.jobs, { store, now: Date.now, log });
}

async function close(): Promise<void> {
  await jobs?.[Symbol.asyncDispose]();
  await gaps.close();
}

async function scanAll(): Promise<void> {
  const { settings, listings, queue } = store.registries;
  await settings.put({
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
  });
  const listing = await listings.begin("main", "test");
  if (listing === undefined) throw new Error("it is not due");
  const tags = Object.keys(lists);
  await listings.add(
    listing,
    tags.map((tag) => ({ repository: `${HOST}/app`, tag, platform: "" })),
  );
  await listings.end(listing, undefined);
  for (const tag of tags) {
    const claimed = await queue.claim("main", { slot: 0, holder: "test" });
    if (claimed === undefined) throw new Error("nothing is due");
    const imageId = digestOf(tag);
    await store.images.put(imageId, { ...sampleReport(tag), ...lists[tag] });
    await queue.finish(claimed, { kind: "scanned", imageId, digest: null, assessment: "partial" });
  }
}

async function waiting(): Promise<readonly string[]> {
  const { items } = await store.registries.queue.list({ seen: [[{}]], state: "waiting", limit: 10 });
  return items.map(({ tag }) => tag);
}

async function putPolicy(name: string, deny: string, { enabled = true } = {}): Promise<void> {
  const text = `apiVersion: pratique/v1
kind: Policy
metadata: { name: ${name} }
spec:
  rules:
    - { name: seek, deny: "${deny}", message: m, value: v, fix: f }
`;
  const changed = { changedAt: new Date().toISOString(), changedBy: "ann" };
  const from = (await store.fleet.policies.find(name))?.revision ?? "new";
  await store.fleet.policies.put({ name, text, scope: {}, enabled, rules: [], ...changed }, from);
}

/** Until all that policies look at was looked for. */
async function applied(sought: readonly SoughtList[]): Promise<void> {
  for (;;) {
    const known = (await store.settings.documents.find("registries.sought"))?.value;
    if (JSON.stringify(known) === JSON.stringify(sought)) return;
    await sleep(20);
  }
}

it("has those images scanned again of which is not known what a policy looks at", async () => {
  start();
  await applied([]);
  expect(await waiting()).toEqual([]);
  await putPolicy("secrets", "image.secretsState == 'found'");
  await applied(["secrets"]);
  expect(await waiting()).toEqual(["bare", "licensed"]);
});

it("has none scanned again for a policy that looks at nothing new, or is not in force", async () => {
  await putPolicy("root", "image.user == ''");
  await putPolicy("licenses", "image.licensesState == 'found'", { enabled: false });
  start();
  await applied([]);
  expect(await waiting()).toEqual([]);
});

it("goes on after its end, and asks for nothing twice", async () => {
  await putPolicy("secrets", "image.secretsState == 'found'");
  start();
  await applied(["secrets"]);
  await close();
  const claimed = await store.registries.queue.claim("main", { slot: 0, holder: "test" });
  if (claimed === undefined) throw new Error("nothing is due");
  await store.registries.queue.finish(claimed, {
    kind: "scanned",
    imageId: digestOf("bare"),
    digest: null,
    assessment: "partial",
  });
  await putPolicy("licenses", "image.licensesState == 'found'");
  gaps = open();
  start();
  await applied(["secrets", "licenses"]);
  // Licences are not known of one that was scanned for secrets alone, and of one that was scanned for neither.
  expect(await waiting()).toEqual(["bare", "searched", "licensed"]);
});
