import { beforeEach, describe, expect, it } from "vitest";
import { AuditError } from "../errors.ts";
import { parseCheckpoint } from "./checkpoint.ts";
import { MemoryTreeStorage } from "./memory-storage.ts";
import { event, fill, logSigner, openLog, start } from "./testdata/sample.ts";
import { treeStorageContract } from "./testdata/storage-contract.ts";
import { storageTileSource } from "./tile-source.ts";
import { parseEntry } from "./tree-entry.ts";
import type { TreeLogProblem } from "./tree-log.ts";
import type { TreeStorage } from "./tree-storage.ts";
import { verifyTree } from "./verify-tree.ts";

describe("a log in memory", () => {
  treeStorageContract(() => new MemoryTreeStorage());
});

it("signs within the interval when something changed, and not when nothing did", async () => {
  let elapsedMs = 0;
  const storage = new MemoryTreeStorage();
  const log = openLog({ storage, elapsedMs: () => elapsedMs });
  await fill(log, 1);
  await log.tick();
  const first = await storage.checkpoint();
  expect(parseCheckpoint(first ?? "").size).toBe(1);
  await fill(log, 1);
  await log.tick();
  expect(await storage.checkpoint()).toBe(first);
  elapsedMs += 1000;
  await log.tick();
  expect(parseCheckpoint((await storage.checkpoint()) ?? "").size).toBe(2);
});

it("signs what is left when it is closed, and takes nothing afterwards", async () => {
  const storage = new MemoryTreeStorage();
  const log = openLog({ storage });
  await fill(log, 2);
  await log[Symbol.asyncDispose]();
  expect(parseCheckpoint((await storage.checkpoint()) ?? "").size).toBe(2);
  await expect(log.append(event("late"))).rejects.toMatchObject({ code: "LOG_CLOSED" });
});

describe("another writer, between two looks at the storage", () => {
  let storage: MemoryTreeStorage;
  /** What happens while a head that was read is on its way, the first time that one is asked for. */
  let meanwhile: (() => Promise<unknown>) | undefined;
  let slow: TreeStorage;

  beforeEach(() => {
    storage = new MemoryTreeStorage();
    meanwhile = undefined;
    slow = {
      head: async () => {
        const head = await storage.head();
        const happens = meanwhile;
        meanwhile = undefined;
        await happens?.();
        return head;
      },
      extend: (size, growth) => storage.extend(size, growth),
      entries: (from, to) => storage.entries(from, to),
      tile: (level, index) => storage.tile(level, index),
      checkpoint: () => storage.checkpoint(),
      putCheckpoint: (note) => storage.putCheckpoint(note),
      openings: (index) => storage.openings(index),
      eraseOpenings: (index) => storage.eraseOpenings(index),
    };
  });

  it("is not taken for one who set the log back when it signs", async () => {
    const [log, other] = [openLog({ storage: slow }), openLog({ storage })];
    meanwhile = async () => {
      await fill(other, 3);
      await other.checkpoint();
    };
    expect((await log.append(event("a"))).index).toBe(3);
  });

  it("does not make us take our own events for what was set back, nor leave them unsigned", async () => {
    let elapsedMs = 0;
    const [log, other] = [openLog({ storage: slow, elapsedMs: () => elapsedMs }), openLog({ storage })];
    await log.append(event("a"));
    await fill(other, 1);
    // The first look finds that the log has grown; it is the second that is overtaken.
    meanwhile = async () => {
      meanwhile = () => log.append(event("b"));
    };
    await log.checkpoint();
    elapsedMs += 1000;
    await log.tick();
    expect(parseCheckpoint((await storage.checkpoint()) ?? "").size).toBe(3);
  });
});

it("says after an hour of silence that it is there", async () => {
  let elapsedMs = 0;
  const storage = new MemoryTreeStorage();
  const log = openLog({ storage, elapsedMs: () => elapsedMs });
  await fill(log, 1);
  elapsedMs += 3_599_999;
  await log.tick();
  expect((await storage.head()).size).toBe(1);
  elapsedMs += 1;
  await log.tick();
  const [, beat] = await storage.entries(0, 2);
  expect(parseEntry(beat ?? Buffer.alloc(0))).toMatchObject({ class: "log", action: "log.heartbeat" });
});

it("says each minute what a clock shows that stays behind the log", async () => {
  let aheadMs = 3653 * 86_400_000;
  let elapsedMs = 0;
  const storage = new MemoryTreeStorage();
  const now = () => new Date(start + aheadMs + elapsedMs);
  const log = openLog({ storage, now, elapsedMs: () => elapsedMs });
  await log.append(event("ahead"));
  aheadMs = 0;
  for (const passedMs of [0, 59_999, 1, 30_000]) {
    elapsedMs += passedMs;
    await log.append(event("behind"));
  }
  const entries = (await storage.entries(0, 9)).map(parseEntry);
  const told = entries.filter(({ action }) => action === "clock.went-back");
  expect(told.map(({ data }) => data?.to)).toEqual(["2026-01-02T03:04:05.678Z", "2026-01-02T03:05:05.678Z"]);
  expect(new Set(entries.map(({ time }) => time)).size).toBe(1);
});

it("never lets time go back, and says once that the clock did", async () => {
  let now = start;
  const storage = new MemoryTreeStorage();
  const log = openLog({ storage, now: () => new Date(now) });
  await log.append(event("before"));
  now -= 60_000;
  await log.append(event("behind"));
  await log.append(event("still behind"));
  now += 60_001;
  await log.append(event("after"));
  const entries = (await storage.entries(0, 9)).map(parseEntry);
  expect(entries.map(({ action, time }) => [action, time.slice(17, 23)])).toEqual([
    ["before", "05.678"],
    ["clock.went-back", "05.678"],
    ["behind", "05.678"],
    ["still behind", "05.678"],
    ["after", "05.679"],
  ]);
  expect(entries[1]?.data).toEqual({ from: "2026-01-02T03:04:05.678Z", to: "2026-01-02T03:03:05.678Z" });
});

it.each([
  ["too large", event("x", { data: { text: "x".repeat(65_536) } }), "EVENT_TOO_LARGE"],
  ["an intent without call", event("x", { stage: "intent" }), "EVENT_MALFORMED"],
  ["without action", event(""), "EVENT_MALFORMED"],
  ["of no number", event("x", { data: { size: Number.NaN } }), "EVENT_MALFORMED"],
  ["with an endless name", event("x".repeat(513)), "EVENT_MALFORMED"],
])("refuses an event that is %s", async (_, refused, code) => {
  const storage = new MemoryTreeStorage();
  await expect(openLog({ storage }).append(refused)).rejects.toMatchObject({ code });
  expect((await storage.head()).size).toBe(0);
});

it("takes an event of just the largest size", async () => {
  const storage = new MemoryTreeStorage();
  const log = openLog({ storage });
  await log.append(event("x", { data: { text: "" } }));
  const [empty] = await storage.entries(0, 1);
  const room = 65_535 - (empty?.length ?? 0);
  await log.append(event("x", { data: { text: "x".repeat(room) } }));
  expect((await storage.entries(1, 2))[0]).toHaveLength(65_535);
  await expect(log.append(event("x", { data: { text: "x".repeat(room + 1) } }))).rejects.toThrow(
    /65536 bytes/u,
  );
});

it("holds a bounded number of events in a flood", async () => {
  const log = openLog({ storage: new MemoryTreeStorage(), maxWaiting: 5000 });
  const flood = Array.from({ length: 5010 }, () => log.append(event("x")));
  const settled = await Promise.allSettled(flood);
  const refused = settled.filter(({ status }) => status === "rejected");
  expect(refused).toHaveLength(10);
  expect(refused[0]).toMatchObject({ reason: { code: "LOG_BUSY" } });
});

it("stores nothing when the disk is full, and goes on when there is room", async () => {
  const storage = new MemoryTreeStorage();
  let full = false;
  const extend = storage.extend.bind(storage);
  storage.extend = async (size, growth) => {
    if (full) throw new AuditError("DISK_FULL", "the log cannot be written: no space");
    return extend(size, growth);
  };
  const log = openLog({ storage });
  await fill(log, 3);
  full = true;
  const both = await Promise.allSettled([log.append(event("lost")), log.append(event("lost"))]);
  expect(both.map((result) => result.status === "rejected" && result.reason.code)).toEqual([
    "DISK_FULL",
    "DISK_FULL",
  ]);
  full = false;
  expect((await log.append(event("after"))).index).toBe(3);
  await log.checkpoint();
  const found = await verifyTree({ source: storageTileSource(storage), logKeys: [logSigner.key] });
  expect(found).toMatchObject({ entries: 4, problems: [] });
});

it("tells of a checkpoint that could not be kept, and stays up", async () => {
  const storage = new MemoryTreeStorage();
  storage.putCheckpoint = async () => {
    throw new AuditError("DISK_FULL", "the log cannot be written: no space");
  };
  const problems: TreeLogProblem[] = [];
  const log = openLog({ storage, onProblem: (problem) => problems.push(problem) });
  await fill(log, 1);
  await log.tick();
  expect(problems).toEqual([{ kind: "checkpoint", error: expect.objectContaining({ code: "DISK_FULL" }) }]);
});
