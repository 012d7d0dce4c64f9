import { writeFileSync } from "node:fs";
import { buildDatabase, openDatabase } from "@pratique/advisory";
import type { TreeEvent } from "@pratique/audit";
import { type Digest, type Package, parseDigest, type ScanReport } from "@pratique/core";
import { rematch } from "@pratique/matching";
import { APPLIED_ADVISORIES, openStore, type Store } from "@pratique/store";
import { type FixedClock, fixedClock, type TempDirectory, tempDirectory } from "@pratique/testkit";
import { array, assert, asyncProperty, constantFrom, record, subarray, uniqueArray } from "fast-check";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startJobs } from "../server-jobs.ts";
import { Rematcher } from "./rematcher.ts";

const everything = [[{}]];
const HOST = "web-1";

let directory: TempDirectory;
let clock: FixedClock;
let store: Store;
let recorded: TreeEvent[];
let rematcher: Rematcher;
let jobs: AsyncDisposable | undefined;

beforeEach(async () => {
  directory = tempDirectory();
  // Later than the starter advisories, which come with the program.
  clock = fixedClock("2027-11-24T12:00:00Z");
  store = await openStore({ file: directory.at("store.sqlite") });
  recorded = [];
  rematcher = makeRematcher();
});

afterEach(async () => {
  await close();
  await store.close();
  directory[Symbol.dispose]();
});

function start(): void {
  rematcher.start();
  jobs = startJobs(rematcher.jobs, { store, now: clock.now, log: pino({ level: "silent" }) });
}

async function close(): Promise<void> {
  await jobs?.[Symbol.asyncDispose]();
  rematcher.close();
}

function makeRematcher(): Rematcher {
  return new Rematcher({
    store,
    directory: directory.at("advisories"),
    now: clock.now,
    log: pino({ level: "silent" }),
    record: async (event) => recorded.push(event),
  });
}

/** What somebody publishes: packages of npm, and below which version they are vulnerable. */
type Published = Readonly<Record<string, readonly [name: string, fixed: string]>>;

async function publish(published: Published): Promise<void> {
  clock.advance(3_600_000);
  const records = Object.entries(published).map(([id, [name, fixed]]) => ({
    schema_version: "1.6.0",
    id,
    modified: "2024-01-01T00:00:00Z",
    affected: [
      {
        package: { ecosystem: "npm", name },
        ranges: [{ type: "SEMVER", events: [{ introduced: "0" }, { fixed }] }],
      },
    ],
  }));
  writeFileSync(directory.at("feed.jsonl"), records.map((each) => JSON.stringify(each)).join("\n"));
  await buildDatabase({
    directory: directory.at("advisories"),
    from: [{ provider: "osv", location: directory.at("feed.jsonl") }],
    clock: () => new Date(clock.now()),
    replace: true,
  });
}

function imageIdOf(number: number): Digest {
  return parseDigest(`sha256:${String(number).padStart(64, "0")}`);
}

function packageOf(name: string, version = "1.0.0", path = ""): Package {
  return { id: `${name}@${version}${path}`, type: "npm", name, version, purl: `pkg:npm/${name}`, paths: [] };
}

/** What a host says of an image by the advisories that are current. */
function reportOf(number: number, packages: readonly Package[]): ScanReport {
  using database = openDatabase(directory.at("advisories"), { clock: () => new Date(clock.now()) });
  const report: ScanReport = {
    schemaVersion: 1,
    scannedAt: new Date(clock.now()).toISOString(),
    target: { reference: `app:${number}`, imageId: imageIdOf(number) },
    assessment: { state: "complete", reasons: [], advisories: [] },
    rootAccounts: [],
    packages,
    findings: [],
  };
  return rematch(report, database);
}

async function scan(number: number, packages: readonly Package[]): Promise<void> {
  const at = new Date(clock.now()).toISOString();
  await store.images.put(imageIdOf(number), reportOf(number, packages), {
    host: HOST,
    at,
    judge: rematcher.judge,
  });
}

async function run(...numbers: number[]): Promise<void> {
  const containers = numbers.map((number) => ({
    id: `c${number}`,
    name: `c${number}`,
    image: `app:${number}`,
    imageId: imageIdOf(number),
    state: "running",
    document: {},
  }));
  await store.hosts.put({
    name: HOST,
    logId: "log",
    heardAt: new Date(clock.now()).toISOString(),
    status: {},
    labels: {},
  });
  await store.fleet.containers.replace({
    host: HOST,
    takenAt: new Date(clock.now()).toISOString(),
    containers,
  });
}

/** Lets the server look, and waits until the store is held against what is current and no image is due. */
async function settle(): Promise<void> {
  start();
  const file = openDatabaseRevision();
  await expect
    .poll(
      async () => {
        const applied = (await store.settings.documents.find(APPLIED_ADVISORIES))?.value;
        return `${JSON.stringify(applied).includes(file)} ${await store.packages.countDue()}`;
      },
      { timeout: 20_000, interval: 20 },
    )
    .toBe("true 0");
  await close();
  rematcher = makeRematcher();
}

function openDatabaseRevision(): string {
  using database = openDatabase(directory.at("advisories"), { clock: () => new Date(clock.now()) });
  return `"revision":"${database.revision}","builtAt":"${database.builtAt}"`;
}

async function affected(): Promise<readonly string[]> {
  const { items } = await store.newlyAffected.list({
    seen: everything,
    since: "2020-01-01T00:00:00Z",
    limit: 99,
  });
  return items.map(({ reference, worst }) => `${reference}: ${worst.join(" ")}`);
}

/** The findings of an image, by its report and one by one. */
async function findingsOf(number: number): Promise<readonly string[]> {
  const found = await store.images.find(imageIdOf(number));
  const { items } = await store.findings.list({
    seen: everything,
    imageId: imageIdOf(number),
    sort: "id",
    order: "asc",
    limit: 100,
  });
  const inReport = new Set(
    found?.report.findings.map(({ id, packageId }) => `${id} ${packageId.split("@")[0]}`),
  );
  const inRows = items.map(({ id, packageName }) => `${id} ${packageName}`);
  expect([...inReport].sort()).toEqual([...new Set(inRows)].sort());
  return inRows.toSorted();
}

describe("new advisories", () => {
  it("affect images that nobody scans again, those first that run, and say so", async () => {
    await publish({ "GHSA-old": ["left-pad", "1.0.1"] });
    await scan(1, [packageOf("left-pad"), packageOf("chalk")]);
    await scan(2, [packageOf("chalk")]);
    await scan(3, [packageOf("debug")]);
    await run(2);
    await settle();
    expect(await affected()).toEqual([]);
    await publish({ "GHSA-old": ["left-pad", "1.0.1"], "GHSA-new": ["chalk", "1.0.5"] });
    await settle();
    expect(await affected()).toEqual(["app:2: GHSA-new", "app:1: GHSA-new"]);
    expect(await findingsOf(1)).toEqual(["GHSA-new chalk", "GHSA-old left-pad"]);
    const image = await store.images.find(imageIdOf(1));
    expect(image?.image.severities.unknown).toBe(2);
    expect(image?.report.assessment.advisories.map(({ builtAt }) => builtAt)).toContain(
      new Date(clock.now()).toISOString(),
    );
    const { changes } = await store.changes.since(0, 1000);
    const told = changes.filter(({ kind }) => kind === "newly-affected").map(({ subject }) => subject);
    expect(told[0]).toBe(imageIdOf(2));
    expect(new Set(told)).toEqual(new Set([imageIdOf(1), imageIdOf(2)]));
    const data = recorded.find(
      (event) => event.action === "advisories.applied" && event.data?.findings === 2,
    )?.data;
    expect(data).toMatchObject({ judged: 1, changed: 1, images: 2, affected: 2, running: 1 });
  });

  it("take findings away that nobody claims any more, and touch nothing else", async () => {
    await publish({ "GHSA-a": ["chalk", "2.0.0"], "GHSA-b": ["debug", "2.0.0"] });
    await scan(1, [packageOf("chalk")]);
    await scan(2, [packageOf("debug")]);
    await settle();
    const before = await store.changes.last();
    await publish({ "GHSA-b": ["debug", "2.0.0"] });
    await settle();
    expect([await findingsOf(1), await findingsOf(2)]).toEqual([[], ["GHSA-b debug"]]);
    const { changes } = await store.changes.since(before, 100);
    expect(changes.map(({ kind, subject }) => `${kind} ${subject}`)).toEqual([`image ${imageIdOf(1)}`]);
  });

  it("are applied to everything where the database from before is gone", async () => {
    await publish({ "GHSA-a": ["chalk", "2.0.0"] });
    await scan(1, [packageOf("chalk"), packageOf("debug")]);
    await settle();
    for (const fixed of ["2.0.0", "3.0.0", "4.0.0"]) await publish({ "GHSA-b": ["debug", fixed] });
    await settle();
    expect(await findingsOf(1)).toEqual(["GHSA-b debug"]);
    expect(await affected()).toEqual(["app:1: GHSA-b"]);
  });

  it("do not go away with what a host says by older ones", async () => {
    await publish({ "GHSA-a": ["chalk", "2.0.0"] });
    const packages = [packageOf("chalk"), packageOf("debug")];
    const older = reportOf(1, packages);
    await scan(1, packages);
    await publish({ "GHSA-a": ["chalk", "2.0.0"], "GHSA-b": ["debug", "2.0.0"] });
    start();
    await expect.poll(affected, { timeout: 10_000 }).toEqual(["app:1: GHSA-b"]);
    await expect.poll(async () => await store.packages.countDue()).toBe(0);
    const last = await store.changes.last();
    clock.advance(1000);
    const at = new Date(clock.now()).toISOString();
    await store.images.put(
      imageIdOf(1),
      { ...older, scannedAt: at },
      { host: HOST, at, judge: rematcher.judge },
    );
    expect(await findingsOf(1)).toEqual(["GHSA-a chalk", "GHSA-b debug"]);
    const { changes } = await store.changes.since(last, 100);
    expect(changes.map(({ kind }) => kind)).toEqual(["image"]);
  });

  it("are applied once more, to the same end, where the server was killed in between", async () => {
    await publish({ "GHSA-a": ["chalk", "2.0.0"] });
    for (let number = 1; number <= 5; number += 1)
      await scan(number, [packageOf("chalk"), packageOf("debug")]);
    await settle();
    const applied = (await store.settings.documents.find(APPLIED_ADVISORIES))?.value ?? null;
    await publish({ "GHSA-b": ["debug", "2.0.0"] });
    await settle();
    const first = await affected();
    // As if it had not been written down that all was done, and some images not been renewed.
    await store.settings.documents.remember(APPLIED_ADVISORIES, applied);
    await store.packages.markDue(new Date(clock.now()).toISOString(), [imageIdOf(1), imageIdOf(2)]);
    await settle();
    expect(await affected()).toEqual(first);
    for (let number = 1; number <= 5; number += 1) expect(await findingsOf(number)).toEqual(["GHSA-b debug"]);
    expect((await store.vulnerabilities.find("GHSA-b"))?.images).toBe(5);
  });
});

const names = ["chalk", "debug", "left-pad"];
const anyImages = array(
  uniqueArray(
    record({
      name: constantFrom(...names),
      version: constantFrom("1.0.0", "2.0.0"),
      path: constantFrom("", "#elsewhere"),
    }),
    { selector: (each) => JSON.stringify(each), maxLength: 4 },
  ).map((packages) => packages.map(({ name, version, path }) => packageOf(name, version, path))),
  { minLength: 1, maxLength: 3 },
);
const anyPublished = record({
  ids: subarray(["GHSA-1", "GHSA-2", "GHSA-3"]),
  name: constantFrom(...names),
  fixed: constantFrom("1.0.1", "9.0.0"),
}).map(
  ({ ids, name, fixed }): Published =>
    Object.fromEntries([["GHSA-0", ["other", "1.0.0"]], ...ids.map((id) => [id, [name, fixed]])]),
);

it("leaves every image as a scan of it by the new advisories would", async () => {
  await assert(
    asyncProperty(anyImages, anyPublished, anyPublished, async (images, before, after) => {
      await publish(before);
      for (const [number, packages] of images.entries()) await scan(number, packages);
      await settle();
      await publish(after);
      await settle();
      for (const [number, packages] of images.entries()) {
        const whole = reportOf(number, packages);
        const found = await store.images.find(imageIdOf(number));
        expect(found?.report.findings).toEqual(whole.findings);
        expect(found?.image.severities.unknown).toBe(whole.findings.length);
        await findingsOf(number);
      }
    }),
    { numRuns: 8 },
  );
}, 60_000);
