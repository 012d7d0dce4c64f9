import { openStore, type Store } from "@pratique/store";
import { type TempDirectory, tempDirectory } from "@pratique/testkit";
import { pino } from "pino";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type ServerJob, startJobs } from "./server-jobs.ts";

let directory: TempDirectory;
let store: Store;
let told: Record<string, unknown>[];

beforeEach(async () => {
  directory = tempDirectory();
  store = await openStore({ file: directory.at("store.sqlite") });
  told = [];
});

afterEach(async () => {
  await store.close();
  directory[Symbol.dispose]();
});

function start(jobs: readonly ServerJob[]): AsyncDisposable {
  const log = pino({ base: null }, { write: (line) => void told.push(JSON.parse(line)) });
  return startJobs(jobs, { store, now: Date.now, log });
}

it("does each kind of job while another kind takes long", async () => {
  const done: unknown[] = [];
  const long = Promise.withResolvers<void>();
  const jobs = start([
    { name: "long", failed: "", handler: async () => await long.promise },
    { name: "short", failed: "", handler: async (payload) => void done.push(payload) },
  ]);
  await store.jobs.enqueue("long", null);
  await store.jobs.enqueue("short", 1);
  await store.jobs.enqueue("short", 2);
  await vi.waitFor(() => expect(done).toEqual([1, 2]));
  long.resolve();
  await jobs[Symbol.asyncDispose]();
});

it("says in the words of its job what failed, and goes on", async () => {
  const done: unknown[] = [];
  await using _ = start([
    {
      name: "bad",
      failed: "the bad one failed",
      handler: async () => {
        throw new Error("for a reason");
      },
    },
    { name: "good", failed: "", handler: async (payload) => void done.push(payload) },
  ]);
  await store.jobs.enqueue("bad", null, { maxAttempts: 1 });
  await vi.waitFor(() =>
    expect(told).toMatchObject([{ msg: "the bad one failed", err: { message: "for a reason" } }]),
  );
  await store.jobs.enqueue("good", 1);
  await vi.waitFor(() => expect(done).toEqual([1]));
});

it("tells a job that it has to end, and waits for it", async () => {
  const begun = Promise.withResolvers<void>();
  let ended = false;
  const jobs = start([
    {
      name: "long",
      failed: "",
      handler: async (_, { signal }) => {
        begun.resolve();
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        ended = true;
      },
    },
  ]);
  await store.jobs.enqueue("long", null);
  await begun.promise;
  await jobs[Symbol.asyncDispose]();
  expect(ended).toBe(true);
});

it("says that no jobs can be done, and does not take the server along", async () => {
  const log = pino({ base: null }, { write: (line) => void told.push(JSON.parse(line)) });
  const work = async () => await Promise.reject(new Error("the database is away"));
  const jobs = startJobs([], {
    store: { jobs: { ...store.jobs, work } as Store["jobs"] },
    now: Date.now,
    log,
  });
  await jobs[Symbol.asyncDispose]();
  expect(told).toMatchObject([{ msg: "no jobs can be done", err: { message: "the database is away" } }]);
});
