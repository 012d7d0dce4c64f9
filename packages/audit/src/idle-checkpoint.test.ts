import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { AuditLog, verifyAuditLog } from "./index.ts";

const text = "a text that is found in the database".repeat(1000);
let directory: string;
let appended: number;

beforeEach(() => {
  vi.useFakeTimers();
  appended = 0;
  directory = mkdtempSync(path.join(tmpdir(), "pratique-audit-"));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(directory, { recursive: true, force: true });
});

function openLog(): AuditLog {
  return new AuditLog({ directory, now: () => new Date(0), preallocate: true });
}

function append(log: AuditLog, times: number): void {
  for (let index = 0; index < times; index += 1) {
    appended += 1;
    log.append({
      class: "verdict",
      action: "launch.allowed",
      actor: "gate",
      data: { number: appended, text },
    });
  }
}

/** How many records have left the write-ahead log. */
function recordsInDatabase(): number {
  const content = readFileSync(path.join(directory, "log.sqlite"), "latin1");
  return new Set(content.match(/"number":\d+/gu)).size;
}

it("moves records into the database once nothing was appended for a while", () => {
  using log = openLog();
  append(log, 3);
  vi.advanceTimersByTime(60);
  append(log, 1);
  vi.advanceTimersByTime(60);
  expect(recordsInDatabase()).toBe(0);
  vi.advanceTimersByTime(60);
  expect(recordsInDatabase()).toBe(4);
  expect(verifyAuditLog({ directory })).toMatchObject({ records: 4, problems: [] });
});

it("waits until there is something worth moving", () => {
  using log = openLog();
  append(log, 1);
  vi.advanceTimersByTime(200);
  append(log, 2);
  vi.advanceTimersByTime(200);
  expect(recordsInDatabase()).toBe(1);
  append(log, 30);
  vi.advanceTimersByTime(200);
  expect(recordsInDatabase()).toBe(33);
});

it("moves them beside another writer, and within an append where there is never an idle moment", () => {
  using log = openLog();
  using other = openLog();
  append(other, 2);
  append(log, 2);
  vi.advanceTimersByTime(200);
  append(log, 1);
  expect(recordsInDatabase()).toBe(4);
  append(log, 400);
  expect(recordsInDatabase()).toBeGreaterThan(300);
  expect(verifyAuditLog({ directory })).toMatchObject({ records: 405, problems: [] });
});

it("is left alone when the log is closed", () => {
  const log = openLog();
  append(log, 1);
  log[Symbol.dispose]();
  expect(() => vi.advanceTimersByTime(200)).not.toThrow();
  expect(verifyAuditLog({ directory })).toMatchObject({ records: 1, problems: [] });
});
