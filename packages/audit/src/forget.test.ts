import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, it } from "vitest";
import { AuditLog, verifyAuditLog } from "./index.ts";

const now = () => new Date("2026-01-02T03:04:05.678Z");
const data = { text: "x".repeat(2000) };
const event = { class: "verdict", action: "launch.allowed", actor: "gate", data } as const;

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "pratique-audit-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function fill(log: AuditLog, count: number): void {
  for (let at = 0; at < count; at += 1) log.append(event, { flush: false });
}

function tamper(script: string): readonly string[] {
  const database = new DatabaseSync(`${directory}/log.sqlite`);
  database.exec(script);
  database.close();
  return verifyAuditLog({ directory }).problems;
}

it("begins after what was forgotten, goes on, and stays verifiable", () => {
  using log = new AuditLog({ directory, now });
  fill(log, 1100);
  const before = log.head();
  expect(log.forget(1050)).toBe(1050);
  expect([log.forgotten(), log.head()]).toEqual([1050, before]);
  fill(log, 1);
  expect(log.read({ limit: 1 }).map(({ sequence }) => sequence)).toEqual([1051]);
  expect(verifyAuditLog({ directory })).toMatchObject({
    records: 1101,
    forgotten: 1050,
    problems: [],
  });
  expect(verifyAuditLog({ directory, knownHead: before }).problems).toEqual([]);
});

it("keeps the last record, and forgets nothing twice", () => {
  using log = new AuditLog({ directory, now });
  expect(log.forget(5)).toBe(0);
  fill(log, 3);
  expect([log.forget(9), log.forget(9), log.forget(1)]).toEqual([2, 0, 0]);
  expect(log.read().map(({ sequence }) => sequence)).toEqual([3]);
  expect(verifyAuditLog({ directory }).problems).toEqual([]);
});

it.each([
  ["moved on", "update beginning set sequence = 6; delete from record where sequence <= 6"],
  ["taken away", "delete from beginning"],
  ["written anew", "update beginning set hash = (select hash from record where sequence = 6), sequence = 6"],
  ["kept, and more removed after it", "delete from record where sequence = 6"],
])("a beginning that was %s is found", (_, script) => {
  {
    using log = new AuditLog({ directory, now });
    fill(log, 9);
    log.forget(5);
  }
  expect(verifyAuditLog({ directory }).problems).toEqual([]);
  expect(tamper(script)).not.toEqual([]);
});

it("does not fit a beginning to a head that was kept elsewhere and says otherwise", () => {
  using log = new AuditLog({ directory, now });
  fill(log, 9);
  log.forget(5);
  const knownHead = { logId: log.logId, sequence: 5, hash: "a".repeat(64) };
  expect(verifyAuditLog({ directory, knownHead }).problems).toEqual([
    "record 5 is not the one that was kept elsewhere",
  ]);
});

it("takes no more than fits, whoever appends, and has room again for what was forgotten", () => {
  const options = { directory, now, maxBytes: 512 * 1024 };
  using log = new AuditLog(options);
  using other = new AuditLog(options);
  expect(() => fill(log, 1000)).toThrow(expect.objectContaining({ code: "DISK_FULL" }));
  expect(() => other.append(event)).toThrow(expect.objectContaining({ code: "DISK_FULL" }));
  const { sequence } = log.head();
  expect(sequence).toBeGreaterThan(100);
  expect(log.usedBytes()).toBeLessThanOrEqual(512 * 1024);
  expect(log.forget(100)).toBe(100);
  other.append(event);
  expect(verifyAuditLog({ directory })).toMatchObject({
    records: sequence + 1,
    problems: [],
  });
});

it("verifies a log from before anything could be forgotten", () => {
  {
    using log = new AuditLog({ directory, now });
    fill(log, 2);
  }
  expect(tamper("drop table beginning")).toEqual([]);
});
