import { assert, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { commitWithOpening } from "../tree/commitment.ts";
import type { TreeEntry } from "../tree/tree-event.ts";
import { formatCef } from "./cef.ts";
import { formatJsonLine } from "./json-lines.ts";
import type { LoggedEntry } from "./logged-entry.ts";
import { formatOcsf, toOcsf } from "./ocsf.ts";

const device = { vendor: "Example", product: "Audit|Log", version: "1" };
const product = { vendor: "Example", name: "Audit", version: "1" };
const name = commitWithOpening("actor.name", "Ada", () => new Uint8Array(32));
const address = commitWithOpening("actor.address", "192.0.2.7", () => new Uint8Array(32));

function logged(more: Partial<TreeEntry> = {}, openings = [name.opening, address.opening]): LoggedEntry {
  const entry: TreeEntry = {
    v: 1,
    time: "2026-01-02T03:04:05.678Z",
    class: "policy",
    action: "policy.changed",
    actor: {
      id: "u-1",
      kind: "user",
      method: "oidc",
      name: name.commitment,
      address: address.commitment,
    },
    subject: { kind: "policy", id: "p-1" },
    stage: "outcome",
    call: "c-1",
    decision: { effect: "allow", rule: "admins" },
    outcome: "success",
    data: { before: "a", after: "b" },
    ...more,
  };
  return { origin: "log.example/audit", index: 7, entry, openings };
}

/** Everything with which a value might end its field, its line, or move a cursor. */
const nasty = 'x|y=z\\"]\r\nCEF:0|a\u001b[2J\u009b1m\u2028\u202e\u0000';
const steering = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const poisoned = logged({
  action: nasty,
  actor: { id: nasty, kind: "user", method: "token", session: nasty },
  subject: { kind: nasty, id: nasty },
  call: nasty,
  decision: { effect: "deny", rule: nasty },
  data: { [nasty]: nasty },
});

describe("CEF", () => {
  it("writes header and extension", () => {
    expect(formatCef(logged(), device)).toBe(
      "CEF:0|Example|Audit\\|Log|1|policy.changed|policy: policy.changed|3|" +
        "rt=1767323045678 externalId=7 cat=policy act=policy.changed outcome=success reason=admins suid=u-1 " +
        "suser=Ada src=192.0.2.7 cs1Label=subject cs1=policy:p-1 cs3Label=call cs3=c-1 cs4Label=log " +
        'cs4=log.example/audit cs5Label=stage cs5=outcome msg={"before":"a","after":"b"}',
    );
  });

  it("keeps every value inside of its field", () => {
    const text = formatCef(poisoned, device);
    expect(text).not.toMatch(steering);
    expect(text).toMatch(/^CEF:0(?:\|(?:\\.|[^\\|])*){6}\|rt=1767323045678 /u);
    expect(text.match(/ suid=/gu)).toHaveLength(1);
    expect(text).toContain("suid=x|y\\=z");
  });

  it("has as many fields whatever the action is", () => {
    assert(
      property(string({ unit: "binary" }), (action) => {
        const text = formatCef(logged({ action: `x${action}` }), device);
        expect(text).not.toMatch(steering);
        expect(text.replaceAll(/\\./gu, "").match(/=/gu)).toHaveLength(18);
      }),
    );
  });
});

describe("JSON lines", () => {
  it("gives the entry as it is, and what is known behind its commitments", () => {
    const line = JSON.parse(formatJsonLine(logged()));
    expect(line).toMatchObject({ origin: "log.example/audit", index: 7, entry: logged().entry });
    expect(line.opened).toEqual({ "actor.name": "Ada", "actor.address": "192.0.2.7" });
  });

  it("does not pass on a value that is not the one that was committed to", () => {
    const forged = { ...name.opening, value: "Eve" };
    expect(formatJsonLine(logged({}, [forged]))).not.toContain("Eve");
  });

  it("stays one line, and reads back", () => {
    assert(
      property(string({ unit: "binary" }), (action) => {
        const line = formatJsonLine(logged({ action }));
        expect(line).not.toMatch(steering);
        expect(JSON.parse(line).entry.action).toBe(action.toWellFormed());
      }),
    );
  });
});

describe("OCSF", () => {
  it("stays one line in which nothing steers a terminal, and reads back", () => {
    const line = formatOcsf(poisoned, product);
    expect(line).not.toMatch(steering);
    expect(JSON.parse(line)).toEqual(toOcsf(poisoned, product));
  });

  it.each([
    ["policy", "policy.changed", 300403],
    ["scan", "report.read", 600302],
    ["read", "report.exported", 600302],
    ["access", "sign-in.failed", 300201],
    ["access", "signInWithPassword", 300201],
    ["access", "signOut", 300202],
    ["account", "createAccount", 300101],
    ["account", "createGrant", 300107],
    ["policy", "putPolicy", 300403],
    ["read", "listAuditEntries", 600302],
    ["account", "account.disabled", 300105],
    ["launch", "shell.found", 200401],
    ["verdict", "check.found", 200301],
    ["log", "log.heartbeat", 600399],
    ["scan", "x.constructor", 600399],
  ] as const)("gives %s %s the type %i", (kind, action, type) => {
    const event = toOcsf(logged({ class: kind, action }), product);
    expect(event.type_uid).toBe(type);
    expect(event.class_uid).toBe(Math.floor(type / 100));
    expect(event.category_uid).toBe(Math.floor(type / 100_000));
  });

  it("has what API Activity demands", () => {
    expect(toOcsf(logged({ class: "scan", action: "scan.created" }), product)).toMatchObject({
      time: 1_767_323_045_678,
      severity_id: 1,
      status_id: 1,
      metadata: { version: "1.4.0", uid: "log.example/audit#7", correlation_uid: "c-1" },
      actor: { user: { uid: "u-1", name: "Ada", type_id: 1 } },
      api: { operation: "scan.created" },
      src_endpoint: { ip: "192.0.2.7" },
    });
  });

  it("tells what was denied from what failed, and names no address that was erased", () => {
    const denied = toOcsf(logged({ decision: { effect: "deny", rule: "r" } }, []), product);
    expect(denied).toMatchObject({ status_id: 2, action_id: 2, severity_id: 3 });
    expect(denied.src_endpoint).toEqual({ uid: address.commitment });
    expect(toOcsf(logged({ outcome: "failure" }), product).action_id).toBeUndefined();
  });
});
