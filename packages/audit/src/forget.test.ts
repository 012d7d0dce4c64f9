import { mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, it } from "vitest";
import { AuditLog, EvidenceStore, verifyAuditLog } from "./index.ts";

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

it("lets the evidence go that no record names any more, and none that is to be named", async () => {
  using log = new AuditLog({ directory, now });
  const store = (time: string) => new EvidenceStore(`${directory}/evidence`, () => new Date(time));
  const old = store("2026-01-02T00:00:00Z");
  const [gone, used, kept] = [old.put("gone"), old.put("used"), old.put("kept")];
  log.append({ ...event, data: { evidence: { image: gone, policies: used } } });
  log.append({ ...event, data: { evidence: { image: kept }, text: "x" } });
  log.append({ ...event, data: {} });
  log.forget(1);
  writeFileSync(`${directory}/evidence/half.4711`, "begun by a writer that was killed");
  utimesSync(`${directory}/evidence/half.4711`, 0, 0);

  const fileOf = (digest: string) => `${directory}/evidence/${digest.slice(7, 9)}/${digest.slice(7)}`;
  for (const digest of [gone, used, kept]) utimesSync(fileOf(digest), 0, 0);

  // Put anew, and not named yet: also by a process that has known it all along.
  old.put("used");
  const later = store("2026-02-01T00:00:00Z");
  later.put("used");
  const named = new Set([...log.namedEvidence()].flat());
  expect([...named]).toEqual([kept]);
  expect(await store("2026-02-02T00:00:00Z").forget(named)).toBe(2);
  expect([later.get(used), later.get(kept)]).toEqual(["used", "kept"]);
  expect(() => later.get(gone)).toThrow(expect.objectContaining({ code: "EVIDENCE_MISSING" }));
  expect(verifyAuditLog({ directory, evidence: later }).problems).toEqual([]);
});

it("notes the use of evidence that it knows, and writes it anew where it went meanwhile", () => {
  let time = Date.parse("2026-01-02T00:00:00Z");
  const store = new EvidenceStore(`${directory}/evidence`, () => new Date(time));
  const digest = store.put("text");
  const file = `${directory}/evidence/${digest.slice(7, 9)}/${digest.slice(7)}`;
  time += 2 * 86_400_000;
  store.put("text");
  expect(statSync(file).mtimeMs).toBe(time);
  rmSync(file);
  time += 2 * 86_400_000;
  store.put("text");
  expect(store.get(digest)).toBe("text");
});
