import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { AuditEvent, AuditRecord, JsonObject } from "@pratique/core";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AuditLog, EvidenceStore, hashOf, openExistingLog, verifyAuditLog } from "./index.ts";
import { recordAfter } from "./testdata/record-after.ts";

let directory: string;
const now = () => new Date("2026-01-02T03:04:05.678Z");
const event: AuditEvent = { class: "verdict", action: "launch.denied", actor: "gate", data: { image: "a" } };

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "pratique-audit-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function fill(count: number): void {
  using log = new AuditLog({ directory, now });
  for (let index = 0; index < count; index += 1) log.append({ ...event, data: { index } });
}

/** What people call labels, and what JavaScript makes of some of those names. */
const keys = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("__proto__", "constructor", "10", "9"));

function strip({ class: kind, action, actor, data, time }: AuditRecord) {
  return { class: kind, action, actor, data, time };
}

function tamper(sql: string): void {
  using database = new DatabaseSync(path.join(directory, "log.sqlite"));
  database.exec(sql);
}

it("chains records and gives them back", () => {
  using log = new AuditLog({ directory, now });
  const first = log.append(event);
  const second = log.append({ ...event, actor: "uid:0" });
  expect(second).toMatchObject({ sequence: 2, previousHash: first.hash, time: "2026-01-02T03:04:05.678Z" });
  expect(log.read()).toEqual([first, second]);
  expect(log.read({ after: 1 })).toEqual([second]);
  expect(log.readNewest(1)).toEqual([second]);
  expect(log.head()).toEqual({ logId: log.logId, sequence: 2, hash: second.hash });
});

it("gives records whose hash anybody computes who is sent them", () => {
  using log = new AuditLog({ directory, now });
  fc.assert(
    fc.property(fc.dictionary(keys, fc.jsonValue({ stringUnit: "binary" })), (data) => {
      // Any JSON value is of the type, which the compiler cannot see.
      const written = log.append({ ...event, data: data as JsonObject });
      const [kept] = log.readNewest(1);
      const sent: AuditRecord = JSON.parse(JSON.stringify(kept));
      expect(hashOf(sent)).toBe(written.hash);
      expect(recordAfter({ sequence: sent.sequence - 1, hash: sent.previousHash }, strip(sent))).toEqual(
        sent,
      );
    }),
    { numRuns: 300 },
  );
});

it.each([
  ["class", { class: "launch" as const }],
  ["action", { action: "launch.allowed" }],
  ["actor", { actor: "uid:0" }],
  ["time", { time: "2026-01-02T03:04:05.679Z" }],
  ["sequence", { sequence: 2 }],
  ["record before", { previousHash: "1".repeat(64) }],
  ["data", { data: { image: "b" } }],
])("gives a record of another %s another hash", (_, other) => {
  const record = recordAfter(undefined, { ...event, time: now().toISOString() });
  expect(hashOf(record)).toBe(record.hash);
  expect(hashOf({ ...record, ...other })).not.toBe(record.hash);
});

it("keeps the key from everybody else", () => {
  fill(1);
  expect(statSync(path.join(directory, "key.pem")).mode & 0o777).toBe(0o600);
  expect(statSync(path.join(directory, "log.sqlite")).mode & 0o777).toBe(0o600);
});

it("goes on where it ended", () => {
  fill(2);
  fill(1);
  expect(verifyAuditLog({ directory })).toMatchObject({ records: 3, problems: [] });
});

it("keeps records in room that was made for them beforehand", () => {
  using log = new AuditLog({ directory, now, preallocate: true });
  expect(statSync(path.join(directory, "log.sqlite-wal")).size).toBeGreaterThan(4_000_000);
  log.append(event);
  using second = new AuditLog({ directory, now, preallocate: true });
  second.append(event);
  expect(verifyAuditLog({ directory })).toMatchObject({ records: 2, problems: [] });
});

it("shows a record whose flush nobody waits for to everybody at once, and chains it like any other", () => {
  using log = new AuditLog({ directory, now });
  using other = new AuditLog({ directory, now });
  for (const flush of [true, false, false, true, false]) {
    const record = log.append(event, { flush });
    expect(other.readNewest(1)).toEqual([record]);
    expect(other.append(event).previousHash).toBe(record.hash);
  }
  expect(verifyAuditLog({ directory })).toMatchObject({ records: 10, problems: [] });
});

it("says when all that nobody waited for is on the disk", async () => {
  using log = new AuditLog({ directory, now, preallocate: true });
  await expect(log.flushed()).resolves.toBeUndefined();
  for (let times = 0; times < 3; times += 1) log.append(event, { flush: false });
  await expect(log.flushed()).resolves.toBeUndefined();
  log.append(event, { flush: false });
  await expect(log.flushed()).resolves.toBeUndefined();
});

it("takes appends from two writers at once", () => {
  using left = new AuditLog({ directory, now });
  using right = new AuditLog({ directory, now });
  for (let index = 0; index < 10; index += 1) (index % 2 === 0 ? left : right).append(event);
  expect(verifyAuditLog({ directory })).toMatchObject({ records: 10, problems: [] });
});

it("refuses data that are too large, and appends nothing", () => {
  using log = new AuditLog({ directory, now });
  for (const more of [
    { data: { text: "x".repeat(300_000) } },
    { actor: "x".repeat(1025) },
    { action: "x".repeat(1025) },
  ]) {
    expect(() => log.append({ ...event, ...more })).toThrow(
      expect.objectContaining({ code: "EVENT_TOO_LARGE" }),
    );
  }
  expect(log.head().sequence).toBe(0);
  expect(log.append({ ...event, actor: "x".repeat(1024) }).sequence).toBe(1);
});

it("says when there is no log, and when it is no log", () => {
  expect(() => openExistingLog({ directory, now })).toThrow(expect.objectContaining({ code: "LOG_MISSING" }));
  expect(() => verifyAuditLog({ directory })).toThrow(expect.objectContaining({ code: "LOG_MISSING" }));
  writeFileSync(
    path.join(directory, "log.sqlite"),
    "not a database, but long enough to be looked at".repeat(50),
  );
  expect(() => new AuditLog({ directory, now })).toThrow(expect.objectContaining({ code: "LOG_CORRUPT" }));
  expect(() => verifyAuditLog({ directory })).toThrow(expect.objectContaining({ code: "LOG_CORRUPT" }));
});

describe("verification", () => {
  it.each([
    ["changed data", "UPDATE record SET data = '{\"index\":9}' WHERE sequence = 2", /record 2 was changed/u],
    [
      "changed time",
      "UPDATE record SET time = '2020-01-01T00:00:00.000Z' WHERE sequence = 2",
      /record 2 was changed/u,
    ],
    ["a removed record", "DELETE FROM record WHERE sequence = 2", /record 2 is missing/u],
    ["a removed first record", "DELETE FROM record WHERE sequence = 1", /record 1 is missing/u],
    [
      "a removed last record",
      "DELETE FROM record WHERE sequence = 4",
      /ends at record 3, but its head was signed at record 4/u,
    ],
    ["a removed log", "DELETE FROM record", /ends at record 0/u],
    [
      "a removed tail and head",
      "DELETE FROM record WHERE sequence > 2; UPDATE head SET sequence = 2, hash = (SELECT hash FROM record WHERE sequence = 2)",
      /signature of the head is wrong/u,
    ],
    [
      "two records that changed places",
      "UPDATE record SET sequence = -2 WHERE sequence = 2; UPDATE record SET sequence = 2 WHERE sequence = 3; UPDATE record SET sequence = 3 WHERE sequence = -2",
      /record 2 was changed/u,
    ],
    [
      "an added record",
      "INSERT INTO record SELECT 5, time, class, action, actor, data, hash, hash FROM record WHERE sequence = 4",
      /record 5 was changed/u,
    ],
    ["another log's name", "UPDATE log SET log_id = 'other'", /signature of the head is wrong/u],
  ])("finds %s", (_, sql, problem) => {
    fill(4);
    tamper(sql);
    expect(verifyAuditLog({ directory }).problems.join("\n")).toMatch(problem);
  });

  it("takes a log that cannot be seen for none that is missing", () => {
    // As where a directory above it may not be entered, which stops nobody who is root.
    const round = path.join(directory, "round");
    symlinkSync("round", round);
    const hidden = expect.objectContaining({ code: "LOG_UNWRITABLE" });
    expect(() => verifyAuditLog({ directory: round })).toThrow(hidden);
    expect(() => openExistingLog({ directory: round, now })).toThrow(hidden);
  });

  it("finds a log that was written anew with another key, when the key is known", () => {
    fill(3);
    const { publicKey } = verifyAuditLog({ directory });
    rmSync(directory, { recursive: true });
    fill(3);
    expect(verifyAuditLog({ directory, publicKey }).problems).toContain(
      "the log names another key than the trusted one",
    );
  });

  it("finds an older copy of the log, when a later head was kept elsewhere", () => {
    fill(3);
    using log = new AuditLog({ directory, now });
    const knownHead = { ...log.head(), sequence: 5, hash: "f".repeat(64) };
    expect(verifyAuditLog({ directory, knownHead }).problems).toEqual([
      "records after 3 were removed: 5 were known",
    ]);
    expect(verifyAuditLog({ directory, knownHead: log.head() }).problems).toEqual([]);
  });

  it("finds evidence that is missing or was changed", () => {
    const evidence = new EvidenceStore(path.join(directory, "evidence"), now);
    const kept = evidence.put('{"findings":[]}');
    using log = new AuditLog({ directory, now });
    log.append({ ...event, data: { evidence: { image: kept } } });
    expect(verifyAuditLog({ directory, evidence }).problems).toEqual([]);
    const hex = kept.slice(7);
    writeFileSync(path.join(directory, "evidence", hex.slice(0, 2), hex), "{}");
    expect(verifyAuditLog({ directory, evidence }).problems).toEqual([
      `record 1: evidence ${kept} was changed`,
    ]);
  });
});

it("writes evidence that an earlier process has kept only where it was changed", () => {
  const kept = new EvidenceStore(directory, now).put('{"findings":[]}');
  const file = path.join(directory, kept.slice(7, 9), kept.slice(7));
  const { ino } = statSync(file);
  expect(new EvidenceStore(directory, now).put('{"findings":[]}')).toBe(kept);
  expect(statSync(file).ino).toBe(ino);
  writeFileSync(file, "{}");
  const store = new EvidenceStore(directory, now);
  expect(store.put('{"findings":[]}')).toBe(kept);
  expect(store.get(kept)).toBe('{"findings":[]}');
});

it("loses no acknowledged record when the writer is killed", async () => {
  const writer = path.join(import.meta.dirname, "testdata", "endless-writer.ts");
  const child = spawn(process.execPath, [writer, directory], { stdio: ["ignore", "pipe", "inherit"] });
  let acknowledged = "";
  child.stdout.setEncoding("utf8");
  for await (const text of child.stdout) {
    acknowledged += text;
    if (acknowledged.length > 200) child.kill("SIGKILL");
  }
  if (child.signalCode === null && child.exitCode === null) await once(child, "exit");
  const last = Number(acknowledged.slice(0, acknowledged.lastIndexOf("\n")).split("\n").at(-1));
  const { records, problems } = verifyAuditLog({ directory });
  expect(last).toBeGreaterThan(10);
  expect(records).toBeGreaterThanOrEqual(last);
  expect(problems).toEqual([]);
});
