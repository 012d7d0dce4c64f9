import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { JsonValue } from "@pratique/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type JobHandler, openStore, type Store, type WorkOptions } from "../index.ts";
import { describeOnEach, type TestDatabase } from "../testdata/databases.ts";
import { pauseAfter } from "./job-queue.ts";

const script = fileURLToPath(new URL("../testdata/work-until-killed.ts", import.meta.url));

describeOnEach((make) => {
  let database: TestDatabase;
  let store: Store;
  let errors: unknown[];

  beforeEach(async () => {
    database = await make();
    store = await openStore(database.options);
    errors = [];
  });

  afterEach(async () => {
    await store.close();
    await database[Symbol.asyncDispose]();
  });

  /** Works until `enough` payloads have been handled, and gives them in their order. */
  async function workUntil(enough: number, more: Partial<WorkOptions> = {}, handler?: JobHandler) {
    const ending = new AbortController();
    const handled: JsonValue[] = [];
    const handle: JobHandler = async (payload, run) => {
      handled.push(payload);
      if (handled.length >= enough) ending.abort();
      await handler?.(payload, run);
    };
    await store.jobs.work(
      { slow: handle, work: handle },
      {
        concurrency: 1,
        signal: ending.signal,
        now: Date.now,
        onError: (thrown) => errors.push(thrown),
        pollMs: 50,
        leaseMs: 600,
        ...more,
      },
    );
    return handled;
  }

  it("does what was added before and while it works, and keeps it as done", async () => {
    const first = await store.jobs.enqueue("work", { n: 1 });
    const handled = await workUntil(2, {}, async () => {
      if ((await store.jobs.list({ limit: 9 })).length === 1) await store.jobs.enqueue("work", { n: 2 });
    });
    expect(handled).toEqual([{ n: 1 }, { n: 2 }]);
    const jobs = await store.jobs.list({ limit: 9 });
    expect(jobs.map(({ state, attempts }) => [state, attempts])).toEqual([
      ["done", 1],
      ["done", 1],
    ]);
    expect(jobs.at(-1)).toMatchObject({ id: first, name: "work", maxAttempts: 5, priority: 0 });
    expect(errors).toEqual([]);
  });

  it("begins with the smallest number of the priorities, and then with the oldest", async () => {
    for (const [payload, priority] of [
      ["c", 5],
      ["b", 0],
      ["a", -5],
      ["d", 5],
    ] as const) {
      await store.jobs.enqueue("work", payload, { priority });
    }
    expect(await workUntil(4)).toEqual(["a", "b", "c", "d"]);
  });

  it("keeps one job for one key, with what was said last", async () => {
    const ids = new Set<string>();
    for (const payload of [1, 2, 3]) ids.add(await store.jobs.enqueue("work", payload, { key: "image-1" }));
    await store.jobs.enqueue("work", 9, { key: "image-2" });
    expect(ids.size).toBe(1);
    expect(await store.jobs.list({ state: "queued", limit: 9 })).toHaveLength(2);
    expect(await workUntil(2)).toEqual([3, 9]);
  });

  it("leaves a job at its place that is added again, where it is to keep its time", async () => {
    const runAtMs = Date.now() - 9_000;
    await store.jobs.enqueue("work", "first", { key: "image-1", runAtMs });
    await store.jobs.enqueue("work", "second", { key: "image-2", runAtMs: runAtMs + 1_000 });
    await store.jobs.enqueue("work", "third", { key: "image-3", runAtMs: runAtMs + 2_000 });
    const late = { runAtMs: Date.now() } as const;
    await store.jobs.enqueue("work", "second again", { key: "image-2", ...late });
    await store.jobs.enqueue("work", "first again", { key: "image-1", ...late, keepsTime: true });
    expect(await workUntil(3)).toEqual(["first again", "third", "second again"]);
  });

  it("runs a key once more when it is added while it runs", async () => {
    await store.jobs.enqueue("work", "old", { key: "image-1" });
    let added = false;
    const handled = await workUntil(2, {}, async () => {
      if (!added) await store.jobs.enqueue("work", "new", { key: "image-1" });
      added = true;
    });
    expect(handled).toEqual(["old", "new"]);
  });

  it("does not count as failed what a job of the same key does instead", async () => {
    await store.jobs.enqueue("work", "old", { key: "image-1" });
    let added = false;
    const handled = await workUntil(2, {}, async () => {
      if (added) return;
      added = true;
      await store.jobs.enqueue("work", "new", { key: "image-1" });
      throw new Error("no luck");
    });
    expect(handled).toEqual(["old", "new"]);
    expect(await store.jobs.list({ state: "failed", limit: 9 })).toEqual([]);
  });

  it("does not count as failed what a killed worker had and a job of the same key does", async () => {
    await store.jobs.enqueue("slow", "stuck", { key: "image-2" });
    const child = spawn(process.execPath, [script, JSON.stringify(database.options)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    await store.jobs.enqueue("work", "last", { key: "image-2" });
    const ended = once(child, "close");
    child.kill("SIGKILL");
    await ended;
    // Where the store runs its own queue, what the killed worker was at is done as well.
    const left = database.kind === "sqlite" ? ["stuck", "last"] : ["last"];
    expect((await workUntil(left.length)).toSorted()).toEqual(left.toSorted());
    await store.jobs.enqueue("work", "later", { runAtMs: Date.now() + 800 });
    await workUntil(1);
    expect(await store.jobs.list({ state: "failed", limit: 9 })).toEqual([]);
  });

  it("waits until the time that was said", async () => {
    const dueMs = Date.now() + 700;
    await store.jobs.enqueue("work", "later", { runAtMs: dueMs, priority: -1 });
    await store.jobs.enqueue("work", "far", { runAtMs: dueMs + 3_600_000 });
    await store.jobs.enqueue("work", "now");
    let ranAtMs = 0;
    const handled = await workUntil(2, {}, async (payload) => {
      if (payload === "later") ranAtMs = Date.now();
    });
    expect(handled).toEqual(["now", "later"]);
    expect(ranAtMs).toBeGreaterThanOrEqual(dueMs);
    expect(await store.jobs.list({ state: "queued", dueMs: dueMs + 60_000, limit: 9 })).toEqual([]);
    expect(await store.jobs.list({ state: "queued", dueMs: dueMs + 3_600_000, limit: 9 })).toHaveLength(1);
    expect(await store.jobs.list({ state: "queued", limit: 9 })).toMatchObject([
      { runAtMs: dueMs + 3_600_000 },
    ]);
  });

  it("adds a job with its transaction, or not at all", async () => {
    const add = (payload: JsonValue, fault?: Error) =>
      store.changes.write(async (transaction, changed) => {
        changed({ kind: "host", subject: "a" });
        await store.jobs.enqueue("work", payload, { transaction });
        if (fault !== undefined) throw fault;
      });
    await expect(add("lost", new Error("changed my mind"))).rejects.toThrow("changed my mind");
    await add("kept");
    expect(await store.jobs.list({ limit: 9 })).toHaveLength(1);
    expect(await workUntil(1)).toEqual(["kept"]);
  });

  it("tries a job again that failed, and gives up in the end; a person may try it once more", async () => {
    const failing = await store.jobs.enqueue("work", "twice", { maxAttempts: 2 });
    const fail = async () => {
      throw new Error("no luck");
    };
    expect(await workUntil(2, {}, fail)).toEqual(["twice", "twice"]);
    expect(errors.map(String)).toEqual(["Error: no luck", "Error: no luck"]);
    expect(await store.jobs.list({ state: "failed", limit: 9 })).toMatchObject([
      { id: failing, attempts: 2, error: expect.stringContaining("no luck") },
    ]);
    expect(await store.jobs.retry(failing)).toBe(true);
    expect(await store.jobs.list({ state: "queued", limit: 9 })).toMatchObject([
      { id: failing, attempts: 0 },
    ]);
    expect(await workUntil(1)).toEqual(["twice"]);
    expect(await store.jobs.retry(failing)).toBe(false);
  });

  it("takes a job back that waits, and none that runs or is not there", async () => {
    const waiting = await store.jobs.enqueue("work", 1);
    expect(await store.jobs.cancel(waiting)).toBe(true);
    expect(await store.jobs.cancel(waiting)).toBe(false);
    const running = await store.jobs.enqueue("work", 2);
    let cancelled: boolean | undefined;
    await workUntil(1, {}, async () => {
      expect(await store.jobs.list({ state: "running", limit: 9 })).toMatchObject([{ id: running }]);
      cancelled = await store.jobs.cancel(running);
    });
    expect(cancelled).toBe(false);
  });

  it("does several at once, and no more than it may", async () => {
    for (let index = 0; index < 8; index += 1) await store.jobs.enqueue("work", index);
    let now = 0;
    let most = 0;
    const gate: (() => void)[] = [];
    await workUntil(8, { concurrency: 4 }, async () => {
      now += 1;
      most = Math.max(most, now);
      if (now < 4) await new Promise<void>((resolve) => gate.push(resolve));
      for (const open of gate.splice(0)) open();
      now -= 1;
    });
    expect(most).toBe(4);
  });

  it("runs one job of a line at a time, and others meanwhile", async () => {
    for (const payload of ["a1", "a2", "b1"]) {
      await store.jobs.enqueue("work", payload, { line: payload.slice(0, 1) });
    }
    await store.jobs.enqueue("work", "none");
    const running = new Set<JsonValue>();
    const together: (readonly JsonValue[])[] = [];
    const others = Promise.withResolvers<void>();
    await workUntil(4, { concurrency: 3 }, async (payload) => {
      running.add(payload);
      together.push([...running].sort());
      if (running.size === 3) others.resolve();
      if (payload !== "a2") await others.promise;
      running.delete(payload);
    });
    expect(together).toContainEqual(["a1", "b1", "none"]);
    expect(together.filter((all) => all.includes("a1") && all.includes("a2"))).toEqual([]);
  });

  it("runs the job of a killed worker again, before others of its line", async () => {
    const id = await store.jobs.enqueue("slow", "precious", { line: "a" });
    await store.jobs.enqueue("work", "late", { line: "a" });
    const child = spawn(process.execPath, [script, JSON.stringify(database.options)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(child, "close");
    for await (const line of createInterface(child.stdout)) {
      expect(line).toBe("1");
      child.kill("SIGKILL");
    }
    await ended;
    const attempts: number[] = [];
    expect(await workUntil(1, {}, async (_, { attempt }) => void attempts.push(attempt))).toEqual([
      "precious",
    ]);
    expect(attempts).toEqual([2]);
    expect(await store.jobs.list({ limit: 9 })).toMatchObject([{ state: "queued" }, { id, state: "done" }]);
  });

  it("does what was held, or put off after a failure, while the clock was years ahead", async () => {
    // Where servers share the store, its own clock tells what is due.
    if (database.kind !== "sqlite") return;
    const ahead = Date.now() + 3653 * 86_400_000;
    for (const payload of ["held", "put off", "planned"]) await store.jobs.enqueue("work", payload);
    const set = (payload: string, to: string) =>
      database.run(`update jobs set ${to} where payload = '"${payload}"'`);
    await set("held", `state = 'running', attempts = 1, lease_until_ms = ${ahead}`);
    await set("put off", `attempts = 1, run_at_ms = ${ahead}`);
    await set("planned", `run_at_ms = ${ahead}`);
    expect((await workUntil(2)).toSorted()).toEqual(["held", "put off"]);
    expect(await store.jobs.list({ state: "queued", limit: 9 })).toMatchObject([{ runAtMs: ahead }]);
  });

  it("is not begun once more by the worker that is at it where the clock goes forward", async () => {
    await store.jobs.enqueue("slow", "once", { maxAttempts: 1 });
    let aheadMs = 0;
    const other = Promise.withResolvers<void>();
    const now = () => Date.now() + aheadMs;
    const handled = await workUntil(2, { concurrency: 2, now, leaseMs: 60_000 }, async (payload) => {
      if (payload === "another") return other.resolve();
      aheadMs = 3653 * 86_400_000;
      await store.jobs.enqueue("work", "another");
      await other.promise;
    });
    expect(handled).toEqual(["once", "another"]);
    expect(await store.jobs.list({ state: "failed", limit: 9 })).toEqual([]);
  });

  it("runs the job of a worker again that stands still, and takes nothing of that one when it goes on", async () => {
    await store.jobs.enqueue("slow", "stuck", { line: "a" });
    const child = spawn(process.execPath, [script, JSON.stringify(database.options), "until-told"], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    const ended = once(child, "close");
    await once(child.stdout, "data");
    child.kill("SIGSTOP");
    await workUntil(1, {}, async (_, { attempt }) => {
      expect(attempt).toBe(2);
      child.kill("SIGCONT");
      child.stdin.end();
      await ended;
      expect(await store.jobs.list({ limit: 9 })).toMatchObject([{ state: "running", attempts: 2 }]);
    });
    expect(await store.jobs.list({ limit: 9 })).toMatchObject([{ state: "done", attempts: 2 }]);
    await store.jobs.enqueue("work", "next", { line: "a" });
    expect(await workUntil(1)).toEqual(["next"]);
  });

  it("leaves a job alone that its worker is still at, however long that takes", async () => {
    await store.jobs.enqueue("slow", "long");
    const child = spawn(process.execPath, [script, JSON.stringify(database.options)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(child, "close");
    await once(child.stdout, "data");
    await store.jobs.enqueue("work", "other", { runAtMs: Date.now() + 1_500 });
    expect(await workUntil(1)).toEqual(["other"]);
    expect(await store.jobs.list({ state: "running", limit: 9 })).toHaveLength(1);
    child.kill("SIGKILL");
    await ended;
  });
});

it.each([
  [1, 2_718],
  [2, 7_389],
  [99, 22_026_466],
])("waits after attempt %i for %i ms", (attempts, expected) => {
  expect(pauseAfter(attempts)).toBe(expected);
});
