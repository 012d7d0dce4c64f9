import { createAccount, type Endpoint, listAccounts, listRoles, putPolicy } from "@pratique/api";
import { expect, it } from "vitest";
import { type CallEntry, type RecordedCall, recordRefusal, runRecorded } from "./call-record.ts";
import { nobodyAt } from "./caller.ts";

function logThat(failsAt: CallEntry["stage"] | "never" = "never") {
  const entries: CallEntry[] = [];
  return {
    entries,
    append: async (entry: CallEntry) => {
      if (entry.stage === failsAt) throw new Error("the disk is full");
      entries.push(entry);
    },
  };
}

function callOf(endpoint: Endpoint, more: Partial<RecordedCall> = {}): RecordedCall {
  const caller = { ...nobodyAt("192.0.2.1"), kind: "account" as const, id: "a-1", name: "ann" };
  const decision = { decision: "allow" as const, because: "role administrator" };
  return { endpoint, caller, subject: null, params: {}, query: {}, body: {}, decision, ...more };
}

it("has the intent stored before anything happens, and the outcome before anybody hears", async () => {
  const log = logThat();
  const seen = await runRecorded(log, callOf(createAccount), async () =>
    log.entries.map(({ stage }) => stage),
  );
  expect(seen).toEqual(["intent"]);
  expect(log.entries.map(({ stage, outcome }) => [stage, outcome])).toEqual([
    ["intent", null],
    ["outcome", "done"],
  ]);
  expect(log.entries[0]?.call).toBe(log.entries[1]?.call);
  expect(log.entries[0]).toMatchObject({
    actor: { id: "a-1", address: "192.0.2.1" },
    rule: "role administrator",
  });
});

it("does nothing whose intent cannot be stored", async () => {
  let happened = false;
  const run = async () => {
    happened = true;
  };
  await expect(runRecorded(logThat("intent"), callOf(createAccount), run)).rejects.toThrow(
    "the disk is full",
  );
  await expect(runRecorded(logThat("fact"), callOf(listAccounts), run)).rejects.toThrow("the disk is full");
  expect(happened).toBe(false);
});

it("reports no success whose outcome cannot be stored", async () => {
  await expect(runRecorded(logThat("outcome"), callOf(createAccount), async () => "done")).rejects.toThrow(
    "full",
  );
});

it("says of a failure by which code it failed", async () => {
  const log = logThat();
  const failing = async () => {
    throw Object.assign(new Error("taken"), { code: "CONFLICT" });
  };
  await expect(runRecorded(log, callOf(createAccount), failing)).rejects.toThrow("taken");
  expect(log.entries.at(-1)).toMatchObject({ stage: "outcome", outcome: "failed: CONFLICT" });
});

it("keeps of a body what the contract names, and nothing else", async () => {
  const log = logThat();
  const body = { login: "ann", email: "secret@example.org", password: "canary" };
  await runRecorded(
    log,
    callOf(createAccount, { body, query: { cursor: "c", text: "t" } }),
    async () => undefined,
  );
  expect(log.entries[0]?.data).toEqual({ login: "ann", text: "t" });
});

it.each([
  ["rev-1", { replaces: "rev-1" }],
  ["new", { replaces: "new" }],
  ["", {}],
])("says of a change from %j what it replaces", async (revision, expected) => {
  const log = logThat();
  const change = callOf(putPolicy, { body: { text: "kind: Policy", scope: {}, enabled: true }, revision });
  await runRecorded(log, change, async () => undefined);
  const data = { text: "kind: Policy", scope: {}, enabled: true, ...expected };
  expect(log.entries.map((entry) => entry.data)).toEqual([data, data]);
});

it("says that something was looked for, and leaves out what may be somebody's name", async () => {
  const log = logThat();
  await runRecorded(log, callOf(listAccounts, { query: { text: "Ada", limit: 5 } }), async () => undefined);
  await runRecorded(log, callOf(listAccounts, { query: { limit: 5 } }), async () => undefined);
  expect(log.entries.map(({ data }) => data)).toEqual([{ limit: 5, unrecorded: ["text"] }, { limit: 5 }]);
});

it("records a read of what is sensitive once, one of what is not never, and each refusal", async () => {
  const log = logThat();
  await runRecorded(log, callOf(listAccounts), async () => undefined);
  await runRecorded(log, callOf(listRoles), async () => undefined);
  await recordRefusal(log, callOf(listRoles), "refused");
  expect(log.entries.map(({ class: kind, action, stage }) => [kind, action, stage])).toEqual([
    ["read", "listAccounts", "fact"],
    ["access", "listRoles", "fact"],
  ]);
});

it("never says that something failed that was done, where its outcome could not be stored at first", async () => {
  const entries: CallEntry[] = [];
  let failures = 1;
  const append = async (entry: CallEntry) => {
    if (entry.stage === "outcome" && failures-- > 0) throw new Error("the disk is full");
    entries.push(entry);
  };
  await expect(runRecorded({ append }, callOf(createAccount), async () => "done")).rejects.toThrow("full");
  expect(entries.map(({ stage }) => stage)).toEqual(["intent"]);
});
