import { assert, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import type { CallEntry } from "../calls/call-record.ts";
import { eventOf } from "./call-event.ts";

function entry(more: Partial<CallEntry> = {}): CallEntry {
  return {
    class: "policy",
    action: "putPolicy",
    actor: {
      kind: "account",
      id: "acc-1",
      name: "Ada",
      method: "oidc",
      session: "s-1",
      address: "192.0.2.7",
    },
    subject: { kind: "policy", id: "baseline" },
    stage: "outcome",
    call: "c-1",
    decision: "allow",
    rule: "administrator",
    outcome: "done",
    data: { policy: "baseline" },
    ...more,
  };
}

it("says who did what to what, by which rule, and what came of it", () => {
  expect(eventOf(entry())).toEqual({
    class: "policy",
    action: "putPolicy",
    actor: {
      id: "acc-1",
      kind: "user",
      method: "oidc",
      name: "Ada",
      session: "s-1",
      address: "192.0.2.7",
    },
    subject: { kind: "policy", id: "baseline" },
    stage: "outcome",
    call: "c-1",
    decision: { effect: "allow", rule: "administrator" },
    outcome: "success",
    data: { policy: "baseline" },
  });
});

it.each<[string, Partial<CallEntry>, object]>([
  [
    "what failed",
    { outcome: "failed: NOT_FOUND" },
    { outcome: "failure", data: { policy: "baseline", error: "NOT_FOUND" } },
  ],
  ["what was refused", { outcome: "refused", decision: "deny" }, { decision: { effect: "deny" } }],
  ["what was refused by no rule", { outcome: "refused", decision: null }, { outcome: "failure" }],
  [
    "an outcome in its own words",
    { outcome: "expired" },
    { outcome: "success", data: { result: "expired" } },
  ],
])("tells of %s", (_, more, expected) => {
  expect(eventOf(entry(more))).toMatchObject(expected);
});

it("leaves out what is not known, and calls nobody by a name", () => {
  const nobody = { kind: "nobody", id: "", name: "", method: "none", session: "", address: "" } as const;
  const event = eventOf(
    entry({
      actor: nobody,
      subject: null,
      call: null,
      stage: "fact",
      decision: null,
      rule: null,
      outcome: null,
    }),
  );
  expect(event).toEqual({
    class: "policy",
    action: "putPolicy",
    actor: { id: "unknown", kind: "anonymous", method: "none" },
    stage: "fact",
    data: { policy: "baseline" },
  });
});

describe("what comes from outside", () => {
  it("is committed to where it is too large", () => {
    const { data } = eventOf(entry({ data: { text: "x".repeat(100_000) } }));
    expect(data).toEqual({
      omitted: { bytes: 100_011, sha256: expect.stringMatching(/^[\da-f]{64}$/u) },
    });
  });

  it("never makes a name that the log would refuse, and keeps different ones apart", () => {
    assert(
      property(string({ unit: "binary", maxLength: 2000 }), (id) => {
        const { subject } = eventOf(entry({ subject: { kind: "x", id } }));
        expect(subject?.id.length).toBeLessThanOrEqual(512);
        expect(subject?.id.isWellFormed()).toBe(true);
      }),
    );
    const ids = ["a", "b"].map(
      (last) => eventOf(entry({ subject: { kind: "x", id: "y".repeat(600) + last } })).subject?.id,
    );
    expect(new Set(ids).size).toBe(2);
  });

  it("holds no half of a character", () => {
    const { data } = eventOf(entry({ data: { "\ud800": ["\udc00", { x: "\ud800y" }] } }));
    expect(JSON.stringify(data)).toBe('{"\ufffd":["\ufffd",{"x":"\ufffdy"}]}');
  });
});
