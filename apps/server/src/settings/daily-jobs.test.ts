import { openStore, type Store } from "@pratique/store";
import { type FixedClock, fixedClock, type TempDirectory, tempDirectory } from "@pratique/testkit";
import { pino } from "pino";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { startJobs } from "../server-jobs.ts";
import { DailyJobs } from "./daily-jobs.ts";

const HOUR_MS = 3_600_000;
const PATIENCE = { timeout: 20_000, interval: 25 };

let directory: TempDirectory;
let clock: FixedClock;
let store: Store;
let running: AsyncDisposable[];

async function start(queueIsAheadMs = 0): Promise<void> {
  const options = { store, now: clock.now, log: pino({ level: "silent" }) };
  const daily = new DailyJobs(options);
  await daily.start();
  running.push(startJobs(daily.jobs, { ...options, now: () => clock.now() + queueIsAheadMs }));
}

async function stop(): Promise<void> {
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

it("does a day once where the clock of the queue is ahead of the server's", async () => {
  await start(20 * HOUR_MS);
  const dayAfter = tomorrow.map(([name, at]) => [name, at?.replace("-26T", "-27T")]);
  await vi.waitFor(async () => expect(await planned()).toEqual(dayAfter), PATIENCE);
  expect(await done()).toEqual([...once, ...once].sort());
});
