import type { JsonObject, JsonValue } from "@pratique/core";
import { AuditError } from "../errors.ts";
import { canonicalJson, parseCanonicalObject } from "./canonical-json.ts";
import { commitWithOpening, type Opening } from "./commitment.ts";
import { checkEntrySize } from "./entry-bundle.ts";
import { isObject } from "./json-object.ts";
import {
  isTreeClass,
  type RecordedActor,
  type TreeActor,
  type TreeEntry,
  type TreeEvent,
} from "./tree-event.ts";

const MAX_NAME_CHARACTERS = 512;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/u;
/** The members of an entry; a member beyond them is an error. */
const members = new Set([
  "action",
  "actor",
  "call",
  "class",
  "data",
  "decision",
  "outcome",
  "stage",
  "subject",
  "time",
  "v",
]);
/** What time and version add to an entry, which come last in the order of names. */
const TAIL_BYTES = ',"time":"2026-01-01T00:00:00.000Z","v":1'.length;

/** What can be searched for without reading entries. */
export interface EntryColumns {
  readonly time: string;
  readonly class: string;
  readonly action: string;
  /** The actor's id. */
  readonly actor: string;
  /** `kind:id`, or empty. */
  readonly subject: string;
  /** `allow`, `deny`, `needs-approval`, or empty. */
  readonly decision: string;
  /** `success`, `failure`, `denied`, `needs-approval`, or empty. */
  readonly outcome: string;
  /** `intent`, `outcome` or `fact`. */
  readonly stage: string;
  /** What joins an intent with its outcome, or empty. */
  readonly call: string;
}

/** An event that is ready but for its time. */
export interface PreparedEvent {
  readonly event: TreeEvent;
  /** The entry without time and version, and without the last brace. */
  readonly head: string;
  readonly openings: readonly Opening[];
}

/**
 * Checks an event and writes it in canonical form, with commitments in place of what is personal. Throws
 * `EVENT_MALFORMED` and `EVENT_TOO_LARGE`.
 */
export function prepareEvent(event: TreeEvent, random: (bytes: number) => Uint8Array): PreparedEvent {
  checkEvent(event);
  const { actor, openings } = concealActor(event.actor, random);
  const text = canonicalJson(asJson(event, actor));
  const head = text.slice(0, -1);
  checkEntrySize(Buffer.byteLength(head) + TAIL_BYTES + 1);
  return { event, head, openings };
}

/** The bytes of an entry: canonical JSON (RFC 8785) in UTF-8. */
export function entryBytes({ head }: PreparedEvent, time: string): Buffer {
  return Buffer.from(`${head},"time":"${time}","v":1}`, "utf8");
}

export function columnsOf(event: TreeEvent, time: string): EntryColumns {
  const { class: kind, action, actor, subject, decision, outcome, stage, call } = event;
  const decided = { allow: "", deny: "denied", "needs-approval": "needs-approval" } as const;
  return {
    time,
    class: kind,
    action,
    actor: actor.id,
    subject: subject === undefined ? "" : `${subject.kind}:${subject.id}`,
    decision: decision?.effect ?? "",
    outcome: outcome ?? (decision === undefined ? "" : decided[decision.effect]),
    stage,
    call: call ?? "",
  };
}

/** Reads an entry. Throws `LOG_CORRUPT` for bytes that are not the canonical form of one. */
export function parseEntry(bytes: Uint8Array): TreeEntry {
  const buffer = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString("utf8");
  const value = parseCanonicalObject(text);
  if (value === undefined || !isEntry(value)) throw new AuditError("LOG_CORRUPT", "malformed entry");
  return value;
}

function asJson(event: TreeEvent, actor: RecordedActor): JsonObject {
  const { class: kind, action, subject, stage, call, decision, outcome, data } = event;
  const entry: Record<string, JsonValue> = { class: kind, action, stage, actor: { ...actor } };
  if (subject !== undefined) entry.subject = { kind: subject.kind, id: subject.id };
  if (call !== undefined) entry.call = call;
  if (decision !== undefined) entry.decision = { effect: decision.effect, rule: decision.rule };
  if (outcome !== undefined) entry.outcome = outcome;
  if (data !== undefined) entry.data = data;
  return entry;
}

function concealActor(
  actor: TreeActor,
  random: (bytes: number) => Uint8Array,
): { readonly actor: RecordedActor; readonly openings: readonly Opening[] } {
  const { id, kind, method, session, name, address } = actor;
  const openings: Opening[] = [];
  const conceal = (field: "name" | "address", value: string | undefined) => {
    if (value === undefined) return {};
    const made = commitWithOpening(`actor.${field}`, value, random);
    openings.push(made.opening);
    return { [field]: made.commitment };
  };
  const recorded: RecordedActor = {
    id,
    kind,
    method,
    ...(session === undefined ? {} : { session }),
    ...conceal("name", name),
    ...conceal("address", address),
  };
  return { actor: recorded, openings };
}

function checkEvent({ class: kind, action, actor, subject, stage, call, decision }: TreeEvent): void {
  const names = [action, actor.id, actor.name, actor.session, actor.address, call];
  for (const name of [...names, subject?.kind, subject?.id, decision?.rule]) {
    if (name !== undefined && name.length > MAX_NAME_CHARACTERS) {
      throw malformed(`a name is over ${MAX_NAME_CHARACTERS} characters`);
    }
  }
  if (!isTreeClass(kind)) throw malformed(`unknown class ${JSON.stringify(kind)}`);
  if (action === "" || actor.id === "") throw malformed("action and actor must be named");
  if (stage !== "fact" && (call === undefined || call === "")) {
    throw malformed(`an ${stage} needs the call that joins it with its other half`);
  }
}

/** Looks at what checks rely on; what else an entry may hold is for its readers. */
function isEntry(value: JsonObject): value is JsonObject & TreeEntry {
  const { v, time, action, actor, stage, call } = value;
  if (v !== 1 || typeof time !== "string" || !TIME.test(time) || typeof action !== "string") return false;
  if (typeof value.class !== "string" || !isTreeClass(value.class)) return false;
  if (stage !== "fact" && (typeof call !== "string" || (stage !== "intent" && stage !== "outcome")))
    return false;
  if (!isObject(actor) || typeof actor.id !== "string" || typeof actor.kind !== "string") return false;
  if (typeof actor.method !== "string" || !isOptional(actor.session, "string")) return false;
  if (!isNamed(value.subject, ["kind", "id"]) || !isNamed(value.decision, ["effect", "rule"])) return false;
  if (!isOptional(value.outcome, "string") || (value.data !== undefined && !isObject(value.data)))
    return false;
  return Object.keys(value).every((name) => members.has(name));
}

function isNamed(value: JsonValue | undefined, names: readonly string[]): boolean {
  if (value === undefined) return true;
  return isObject(value) && names.every((name) => typeof value[name] === "string");
}

function isOptional(value: JsonValue | undefined, type: "string"): boolean {
  return value === undefined || typeof value === type;
}

function malformed(what: string): AuditError {
  return new AuditError("EVENT_MALFORMED", `the event is malformed: ${what}`);
}
