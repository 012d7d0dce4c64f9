import { openStore, type Store } from "@pratique/store";
import { type FixedClock, fixedClock, type TempDirectory, tempDirectory } from "@pratique/testkit";
import { pino } from "pino";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { startJobs } from "../server-jobs.ts";
import { sampleHost } from "../testdata/samples.ts";
import { DailyJobs } from "./daily-jobs.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const TEN_YEARS_MS = 3653 * DAY_MS;
const PATIENCE = { timeout: 20_000, interval: 25 };

let directory: TempDirectory;
let clock: FixedClock;
let store: Store;
let running: AsyncDisposable[];
let planners: DailyJobs[];

async function start(queueIsAheadMs = 0): Promise<void> {
  const options = { store, now: clock.now, log: pino({ level: "silent" }) };
  const daily = new DailyJobs(options);
  await daily.start();
  planners.push(daily);
  running.push(startJobs(daily.jobs, { ...options, now: () => clock.now() + queueIsAheadMs }));
}

async function stop(): Promise<void> {
  for (const daily of planners.splice(0)) daily[Symbol.dispose]();
  for (const jobs of running.splice(0)) await jobs[Symbol.asyncDispose]();
}

const done = async () =>
  (await store.jobs.list({ state: "done", limit: 100 })).map(({ name }) => name).sort();
const planned = async () =>
  (await store.jobs.list({ state: "queued", limit: 100 }))
    .map(({ name, runAtMs }) => [name, new Date(runAtMs).toISOString()])
    .sort();

const once = ["daily.findings", "daily.retention"];
const tomorrow = [
  ["daily.findings", "2026-11-26T00:05:00.000Z"],
  ["daily.retention", "2026-11-26T03:00:00.000Z"],
];

beforeEach(async () => {
  directory = tempDirectory();
  clock = fixedClock("2026-11-25T10:00:00Z");
  store = await openStore({ file: directory.at("store.sqlite") });
  running = [];
  planners = [];
});

afterEach(async () => {
  await stop();
  await store.close();
  directory[Symbol.dispose]();
});

it("does what is due at the first start, and plans it for the next day", async () => {
  await start();
  await vi.waitFor(async () => expect(await done()).toEqual(once), PATIENCE);
  await vi.waitFor(async () => expect(await planned()).toEqual(tomorrow), PATIENCE);
  expect(await store.timeline.between("2026-11-25", "2026-11-25")).toHaveLength(1);
});

it("does nothing twice on one day, however many servers start however often", async () => {
  await Promise.all([start(), start()]);
  await vi.waitFor(async () => expect(await planned()).toEqual(tomorrow), PATIENCE);
  await stop();
  await start();
  await vi.waitFor(async () => expect(await planned()).toEqual(tomorrow), PATIENCE);
  expect(await done()).toEqual(once);
});

it("makes up for a day on which no server ran at the hour, once", async () => {
  await start();
  await vi.waitFor(async () => expect(await planned()).toEqual(tomorrow), PATIENCE);
  await stop();
  clock.advance(3 * 24 * HOUR_MS);
  await start();
  await vi.waitFor(async () => expect(await done()).toEqual([...once, ...once].sort()), PATIENCE);
});

it("goes on with another day where one has failed for good", async () => {
  await start();
  await vi.waitFor(async () => expect(await planned()).toEqual(tomorrow), PATIENCE);
  // What has failed for good is not begun again, as what is not there.
  for (const { id } of await store.jobs.list({ state: "queued", limit: 100 })) await store.jobs.cancel(id);
  clock.advance(DAY_MS);
  await planners[0]?.planAgain();
  expect(await planned()).toEqual([]);
  clock.advance(DAY_MS);
  await planners[0]?.planAgain();
  await vi.waitFor(async () => expect(await done()).toEqual([...once, ...once].sort()), PATIENCE);
});

it("does a day once where the clock of the queue is ahead of the server's", async () => {
  await start(20 * HOUR_MS);
  const dayAfter = tomorrow.map(([name, at]) => [name, at?.replace("-26T", "-27T")]);
  await vi.waitFor(async () => expect(await planned()).toEqual(dayAfter), PATIENCE);
  expect(await done()).toEqual([...once, ...once].sort());
});

/** A server whose clock is ten years ahead until it has done, and planned, all that is due then. */
async function seeTenYearsPass(): Promise<void> {
  clock.advance(TEN_YEARS_MS);
  const then = tomorrow.map(([name, at]) => [name, at?.replace(/^2026-11-26/u, "2036-11-26")]);
  await vi.waitFor(async () => expect(await planned()).toEqual(then), PATIENCE);
}

/** A container that a host told of then; gives whether the server still knows it. */
async function seeContainer(takenAt: string): Promise<() => Promise<boolean>> {
  await store.hosts.put({ name: "web-1", logId: "log-1", heardAt: takenAt, status: sampleHost });
  const containers = [{ id: "c", name: "c", image: "web:1", state: "running", document: {} }];
  await store.fleet.containers.replace({ host: "web-1", takenAt, containers });
  return async () => (await store.fleet.containers.find("web-1", "c")) !== undefined;
}

it("forgets what is due the day after one that was done by a clock ten years behind", async () => {
  const isKnown = await seeContainer(new Date(clock.now() - 29.5 * DAY_MS).toISOString());
  await start();
  await vi.waitFor(async () => expect(await planned()).toEqual(tomorrow), PATIENCE);
  clock.advance(-TEN_YEARS_MS);
  await planners[0]?.planAgain();
  const then = tomorrow.map(([name, at]) => [name, at?.replace(/^2026-11-26/u, "2016-11-25")]);
  await vi.waitFor(async () => expect(await planned()).toEqual(then), PATIENCE);
  expect(await isKnown()).toBe(true);
  clock.advance(TEN_YEARS_MS + DAY_MS);
  await vi.waitFor(async () => expect(await isKnown()).toBe(false), PATIENCE);
});

it("forgets nothing where the clock is ten years ahead, and what is ten years old in the end where it is right", async () => {
  const isKnown = await seeContainer(new Date(clock.now()).toISOString());
  await start();
  await vi.waitFor(async () => expect(await planned()).toEqual(tomorrow), PATIENCE);
  await seeTenYearsPass();
  expect(await isKnown()).toBe(true);
  for (let day = 0; day < 20 && (await isKnown()); day += 1) {
    const before = await planned();
    clock.advance(DAY_MS);
    await vi.waitFor(async () => {
      const after = await planned();
      expect(after).toHaveLength(2);
      for (const [at, [, runAt]] of before.entries()) expect(after[at]?.[1]).not.toBe(runAt);
    }, PATIENCE);
  }
  expect(await isKnown()).toBe(false);
});

it.each([
  ["goes on running", async () => planners[0]?.planAgain()],
  [
    "is started anew",
    async () => {
      await stop();
      await start();
    },
  ],
])("does each day what is due when its clock is right again, where the server %s", async (_, andThen) => {
  await start();
  await vi.waitFor(async () => expect(await planned()).toEqual(tomorrow), PATIENCE);
  await seeTenYearsPass();
  clock.advance(-TEN_YEARS_MS);
  await andThen();
  await vi.waitFor(async () => expect(await planned()).toEqual(tomorrow), PATIENCE);
});
