import { createHash } from "node:crypto";
import type { TreeActor, TreeEvent } from "@pratique/audit";
import type { JsonObject, JsonValue } from "@pratique/core";
import type { CallEntry } from "../calls/call-record.ts";

/** The log refuses longer names; what comes from outside must not let a call go unrecorded by its length. */
const MAX_NAME_CHARACTERS = 512;
/** An entry has 65,535 bytes at most; this leaves room for all that is not data. */
const MAX_DATA_BYTES = 49_152;

const actorKinds: Readonly<Record<CallEntry["actor"]["kind"], TreeActor["kind"]>> = {
  account: "user",
  token: "service",
  agent: "host",
  operator: "system",
  nobody: "anonymous",
};

/** What the record says of a call, as an event of the log. */
export function eventOf(entry: CallEntry): TreeEvent {
  const { class: kind, action, subject, stage, call, decision, rule } = entry;
  const outcome = outcomeOf(entry);
  return {
    class: kind,
    action: bounded(action),
    actor: actorOf(entry),
    ...(subject !== null && { subject: { kind: bounded(subject.kind), id: bounded(subject.id) } }),
    stage,
    ...(call !== null && { call }),
    ...(decision !== null && { decision: { effect: decision, rule: bounded(rule ?? "") } }),
    ...(outcome !== undefined && { outcome }),
    data: boundedData({ ...entry.data, ...detailsOf(entry, outcome) }),
  };
}

function actorOf({ actor }: CallEntry): TreeActor {
  const { kind, id, name, method, session, address } = actor;
  return {
    id: id === "" ? "unknown" : bounded(id),
    kind: actorKinds[kind],
    method,
    ...(name !== "" && { name: bounded(name) }),
    ...(session !== "" && { session: bounded(session) }),
    ...(address !== "" && { address: bounded(address) }),
  };
}

/** What was refused by a rule says so by its decision. */
function outcomeOf({ outcome, decision }: CallEntry): TreeEvent["outcome"] {
  if (outcome === null || (outcome === "refused" && decision === "deny")) return undefined;
  return outcome === "refused" || outcome.startsWith("failed") ? "failure" : "success";
}

/** An outcome in other words than ours is kept as it was said. */
function detailsOf({ outcome }: CallEntry, mapped: TreeEvent["outcome"]): JsonObject {
  if (outcome === null || mapped === undefined || outcome === "done") return {};
  const failed = /^failed: (?<code>.+)$/u.exec(outcome)?.groups?.code;
  return failed === undefined ? { result: outcome } : { error: failed };
}

function boundedData(data: JsonObject): JsonObject {
  const text = JSON.stringify(data);
  if (Buffer.byteLength(text) <= MAX_DATA_BYTES) return wellFormed(data);
  // Too large to be kept, and still committed to: whoever has it can show that this is what was asked for.
  const sha256 = createHash("sha256").update(text).digest("hex");
  return { omitted: { bytes: Buffer.byteLength(text), sha256 } };
}

function wellFormed(data: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(data).map(([member, value]) => [member.toWellFormed(), wellFormedValue(value)]),
  );
}

/** Half of a surrogate pair has no UTF-8, and the log refuses it. */
function wellFormedValue(value: JsonValue): JsonValue {
  if (typeof value === "string") return value.toWellFormed();
  if (typeof value !== "object" || value === null) return value;
  return isList(value) ? value.map(wellFormedValue) : wellFormed(value);
}

function isList(value: readonly JsonValue[] | JsonObject): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function bounded(text: string): string {
  const whole = text.toWellFormed();
  if (whole.length <= MAX_NAME_CHARACTERS) return whole;
  const mark = `… sha256:${createHash("sha256").update(whole).digest("hex")}`;
  return `${whole.slice(0, MAX_NAME_CHARACTERS - mark.length).toWellFormed()}${mark}`;
}
