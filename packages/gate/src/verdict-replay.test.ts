import { createHash } from "node:crypto";
import { type AuditRecord, type Digest, parseDigest, type Violation } from "@pratique/core";
import { defaultPolicies, evaluate, imageFactsOf, loadPolicies } from "@pratique/policy";
import { expect, it } from "vitest";
import { VerdictRecorder, withProof } from "./verdict-record.ts";
import { replayVerdict } from "./verdict-replay.ts";

const imageId = parseDigest(`sha256:${"ab".repeat(32)}`);
const host = { name: "h", labels: {}, kernel: "6.1", engineVersion: "26" };
const facts = imageFactsOf({
  schemaVersion: 1,
  scannedAt: "2026-01-01T00:00:00.000Z",
  target: { reference: "shop:1", imageId },
  assessment: { state: "complete", reasons: [], advisories: [] },
  rootAccounts: [],
  packages: [],
  findings: [],
});

/** A verdict on an image, recorded, and where its evidence lies. */
function recorded(own: readonly Violation[] = []) {
  const kept = new Map<Digest, string>();
  const put = (text: string) => {
    const digest = parseDigest(`sha256:${createHash("sha256").update(text).digest("hex")}`);
    kept.set(digest, text);
    return digest;
  };
  const policies = loadPolicies(defaultPolicies);
  const verdict = evaluate(policies, {
    stage: "build",
    image: facts,
    host,
    now: new Date("2026-01-02T00:00:00Z"),
  });
  const event = new VerdictRecorder({ put }).event({
    verdict: own.length === 0 ? verdict : withProof(verdict, own),
    ...(own.length > 0 && { proof: { violations: own, details: {} } }),
    facts,
    imageId,
    policies,
    exceptions: [],
    host,
    mode: "enforce",
    call: "test",
    actor: "test",
  });
  const record: AuditRecord = { ...event, sequence: 7, time: "", previousHash: "", hash: "" };
  return { record, kept, get: (digest: Digest) => kept.get(digest) ?? "" };
}

it("comes to the same verdict from the record alone", () => {
  const { record, get } = recorded();
  // As it comes back from the log.
  const stored = JSON.parse(JSON.stringify(record));
  const { recorded: then, again, same } = replayVerdict(stored, { get });
  expect(same).toBe(true);
  expect(again.violations.map(({ rule }) => rule)).toEqual(then.violations.map(({ rule }) => rule));
});

it("takes from the record what was mounted, which nobody can see any more", () => {
  const rule = { policy: "gate", rule: "mounts-as-judged", message: "m", value: "v", fix: "f" };
  const { record, get } = recorded([{ ...rule, enforcement: "enforce" }]);
  const stored = JSON.parse(JSON.stringify(record));
  expect(replayVerdict(stored, { get })).toMatchObject({ same: true, again: { decision: "deny" } });
  stored.data.proof.violations = [];
  expect(replayVerdict(stored, { get }).same).toBe(false);
});

it("notices a verdict that does not follow from its inputs", () => {
  const { record, get } = recorded();
  const stored = JSON.parse(JSON.stringify(record));
  stored.data.verdict.decision = stored.data.verdict.decision === "allow" ? "deny" : "allow";
  expect(replayVerdict(stored, { get }).same).toBe(false);
});

it.each(["policies", "exceptions"])("says that its %s are missing", (name) => {
  const { record, get } = recorded();
  const stored = JSON.parse(JSON.stringify(record));
  delete stored.data.evidence[name];
  expect(() => replayVerdict(stored, { get })).toThrow(
    expect.objectContaining({ code: "RECORD_INCOMPLETE", message: `record 7 does not hold its ${name}` }),
  );
});
