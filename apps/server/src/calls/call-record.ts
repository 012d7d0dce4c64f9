import { randomUUID } from "node:crypto";
import type { AccessDecision } from "@pratique/access";
import type { Endpoint } from "@pratique/api";
import type { AuditClass, JsonObject, JsonValue } from "@pratique/core";
import type { Caller } from "./caller.ts";

/** What the record says of a call. */
export interface CallEntry {
  readonly class: AuditClass;
  /** The endpoint's id. */
  readonly action: string;
  readonly actor: Pick<Caller, "kind" | "id" | "name" | "method" | "session" | "address">;
  readonly subject: { readonly kind: string; readonly id: string } | null;
  readonly stage: "intent" | "outcome" | "fact";
  /** Joins an intent with its outcome. */
  readonly call: string | null;
  readonly decision: AccessDecision["decision"] | null;
  /** Why it was decided so. */
  readonly rule: string | null;
  readonly outcome: string | null;
  readonly data: JsonObject;
}

/** The server's log. When `append` resolves, the entry is durable. */
export interface CallLog {
  append(entry: CallEntry): Promise<void>;
}

/** One call, as far as the record is concerned. */
export interface RecordedCall {
  readonly endpoint: Endpoint;
  readonly caller: Caller;
  readonly subject: { readonly kind: string; readonly id: string } | null;
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly decision: AccessDecision | undefined;
  /** The revision that the caller wants to change, or `new`; empty where they said none. */
  readonly revision?: string;
  /** The second person, where there is one. */
  readonly approvedBy?: string;
}

/**
 * Runs a call between two entries: nothing happens before its intent is durable, and nobody hears of success before
 * its outcome is. A call whose intent cannot be stored is refused; a crash leaves an intent without an outcome.
 */
export async function runRecorded<Answer>(
  log: CallLog,
  call: RecordedCall,
  run: () => Promise<Answer>,
): Promise<Answer> {
  const { endpoint } = call;
  if (endpoint.audit === "none") return await run();
  if (endpoint.method === "GET") {
    await log.append(entryOf(call, { stage: "fact", call: null, outcome: null }));
    return await run();
  }
  const id = randomUUID();
  await log.append(entryOf(call, { stage: "intent", call: id, outcome: null }));
  let answer: Answer;
  try {
    answer = await run();
  } catch (thrown) {
    await log.append(entryOf(call, { stage: "outcome", call: id, outcome: outcomeOf(thrown) }));
    throw thrown;
  }
  // Not within the above: what has been done must not be told as failed because it could not be written at first.
  await log.append(entryOf(call, { stage: "outcome", call: id, outcome: "done" }));
  return answer;
}

/** Records what was refused, or put off until a second person has agreed. */
export async function recordRefusal(log: CallLog, call: RecordedCall, outcome: string): Promise<void> {
  const entry = entryOf(call, { stage: "fact", call: null, outcome });
  // A refusal is of interest even where the read itself is not.
  await log.append(call.endpoint.audit === "none" ? { ...entry, class: "access" } : entry);
}

function entryOf(
  { endpoint, caller, subject, params, query, body, decision, revision = "", approvedBy }: RecordedCall,
  place: Pick<CallEntry, "stage" | "call" | "outcome">,
): CallEntry {
  const { kind, id, name, method, session, address } = caller;
  const { unrecorded = [] } = endpoint;
  const left = unrecorded.filter((member) => Object.hasOwn(Object(query), member));
  return {
    class: endpoint.audit === "none" ? "access" : endpoint.audit,
    action: endpoint.id,
    actor: { kind, id, name, method, session, address },
    subject,
    decision: decision?.decision ?? null,
    rule: decision?.because ?? null,
    ...place,
    data: {
      ...membersOf(params, () => true),
      ...membersOf(query, (member) => member !== "cursor" && !left.includes(member)),
      ...(left.length > 0 && { unrecorded: left }),
      // Only what the contract names: a member that is added later stays out until somebody has thought of it.
      ...membersOf(body, (member) => endpoint.recorded?.includes(member) ?? false),
      // A revision is made from what it is one of: whoever has the entry of that one knows what was there before.
      ...(endpoint.conditional !== undefined && revision !== "" && { replaces: revision }),
      ...(approvedBy !== undefined && { approvedBy }),
    },
  };
}

function membersOf(value: unknown, isKept: (member: string) => boolean): JsonObject {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(
    Object.entries(value)
      .filter(([member, content]) => content !== undefined && isKept(member))
      .map(([member, content]) => [member, jsonOf(content)]),
  );
}

/** The input has been checked against its schema, so it is JSON; this says so to the compiler. */
function jsonOf(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value ?? null));
}

function outcomeOf(thrown: unknown): string {
  const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "INTERNAL";
  return `failed: ${code}`;
}
