import type { JsonObject } from "@pratique/core";
import { fixedClock } from "@pratique/testkit";
import { pino } from "pino";
import { expect, it } from "vitest";
import type { CallEntry } from "./call-record.ts";
import { nobodyAt } from "./caller.ts";
import { PartReads } from "./part-reads.ts";

function entryOf(data: JsonObject, id = "ann", more: Partial<CallEntry> = {}): CallEntry {
  return {
    class: "read",
    action: "readParts",
    actor: { ...nobodyAt("192.0.2.1"), kind: "account", id },
    subject: null,
    stage: "fact",
    call: null,
    decision: "allow",
    rule: null,
    outcome: null,
    data,
    ...more,
  };
}

/** A record, and what takes reads together before it. */
function scene() {
  const clock = fixedClock("2026-11-24T12:00:00Z");
  const began = clock.now();
  const entries: CallEntry[] = [];
  const state = { isFull: false };
  const record = {
    append: async (entry: CallEntry) => {
      if (state.isFull) throw new Error("the disk is full");
      entries.push(entry);
    },
  };
  const reads = new PartReads({
    record,
    partOf: ({ data }) =>
      typeof data.at === "number" ? { from: data.at * 10, to: data.at * 10 + 9 } : undefined,
    now: clock.now,
    // It begins with the process, and not in 1970.
    elapsedMs: () => clock.now() - began,
    log: pino({ level: "silent" }),
  });
  const read = (at: number, id?: string) => reads.append(entryOf({ at }, id));
  return { clock, entries, state, reads, read };
}

it("records the first part before it is given, and all of them when the reader is gone", async () => {
  const { reads, entries, read } = scene();
  await read(0);
  expect(entries).toMatchObject([{ outcome: null, data: { entries: [{ from: 0, to: 9 }] } }]);
  for (const at of [2, 1, 7, 8, 0]) await read(at);
  expect(entries).toHaveLength(1);
  await reads[Symbol.asyncDispose]();
  expect(entries.slice(1)).toEqual([
    {
      ...entries[0],
      outcome: "done",
      data: {
        entries: [
          { from: 0, to: 29 },
          { from: 70, to: 89 },
        ],
        since: "2026-11-24T12:00:00.000Z",
      },
    },
  ]);
});

it("says nothing twice of a read of one part", async () => {
  const { reads, entries, read } = scene();
  await read(3);
  await read(3);
  await reads[Symbol.asyncDispose]();
  expect(entries).toHaveLength(1);
});

it("records as it is what is no read of a part", async () => {
  const { entries, reads } = scene();
  const other = entryOf({ query: "x" });
  await reads.append(other);
  await reads.append(other);
  expect(entries).toEqual([other, other]);
});

it("tells of what was read for long in between, and begins anew after a pause", async () => {
  const { clock, entries, read } = scene();
  for (let at = 0; at < 61; at += 1) {
    await read(at);
    clock.advance(10_000);
  }
  expect(entries.map(({ outcome }) => outcome)).toEqual([null, null, "done"]);
  expect(entries[2]?.data).toMatchObject({ entries: [{ from: 0, to: 599 }] });
  clock.advance(30_000);
  await read(0);
  expect(entries.slice(3)).toMatchObject([{ outcome: null, data: { entries: [{ from: 0, to: 9 }] } }]);
});

it("keeps readers apart, and holds no more than it may of them and of what each read", async () => {
  const { entries, read } = scene();
  for (let at = 0; at <= 64; at += 1) await read(2 * at);
  expect(entries.map(({ outcome }) => outcome)).toEqual([null, null, "done"]);
  expect(Object(entries[2]?.data).entries).toHaveLength(64);
  await read(1, "bob");
  await read(2, "bob");
  for (let reader = 0; reader < 1000; reader += 1) await read(1, `reader ${reader}`);
  const told = entries.filter(({ outcome, actor }) => outcome === "done" && actor.id === "bob");
  expect(told).toMatchObject([{ data: { entries: [{ from: 10, to: 29 }] } }]);
});

it("gives no part whose read cannot be recorded, and tells later what could not be told", async () => {
  const { clock, entries, state, read } = scene();
  await read(0);
  await read(1);
  state.isFull = true;
  clock.advance(30_000);
  await expect(read(5)).rejects.toThrow("the disk is full");
  await expect(read(5, "bob")).rejects.toThrow("the disk is full");
  state.isFull = false;
  await read(6, "bob");
  expect(entries.map(({ actor, data }) => [actor.id, data.entries])).toEqual([
    ["ann", [{ from: 0, to: 9 }]],
    ["bob", [{ from: 60, to: 69 }]],
    ["ann", [{ from: 0, to: 19 }]],
  ]);
});

it("lets all who ask at once wait until the first of them is recorded", async () => {
  const { entries, reads, read } = scene();
  await Promise.all([0, 1, 2, 3].map((at) => read(at)));
  expect(entries).toHaveLength(1);
  await reads[Symbol.asyncDispose]();
  expect(entries[1]?.data).toMatchObject({ entries: [{ from: 0, to: 39 }] });
});
