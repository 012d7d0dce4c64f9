import {
  type AuditRecord,
  type Digest,
  type Host,
  isDigest,
  type JsonObject,
  type JsonValue,
  type Launch,
  type PolicyException,
  parseJson,
  type Verdict,
  type Violation,
} from "@pratique/core";
import { evaluate, loadPolicies, type PolicyDocument, parseImageFacts } from "@pratique/policy";
import { GateError } from "./errors.ts";
import { withProof } from "./verdict-record.ts";

/** Gives back what {@link Evidence} has kept. Throws where it is gone or was changed. */
export interface KeptEvidence {
  get(digest: Digest): string;
}

/** A verdict as it was given, and as it comes out of the same inputs today. */
export interface Replay {
  readonly recorded: Verdict;
  readonly again: Verdict;
  readonly same: boolean;
}

/**
 * Computes the verdict of a record again, from nothing but the record and its evidence. Throws
 * `RECORD_INCOMPLETE` where something that it was computed from is missing.
 */
export function replayVerdict({ data, sequence }: AuditRecord, kept: KeptEvidence): Replay {
  const evidence = objectIn(data.evidence, sequence);
  const read = (name: string): string => {
    const digest = evidence[name];
    if (typeof digest === "string" && isDigest(digest)) return kept.get(digest);
    throw incomplete(sequence, name);
  };
  const inlineOrKept = (name: string): string => {
    return data[name] === undefined ? read(name) : JSON.stringify(data[name]);
  };

  // What we wrote ourselves, and what a changed byte would have made the evidence refuse.
  const documents: readonly PolicyDocument[] = Object(parseJson(read("policies")));
  const exceptions: readonly PolicyException[] = Object(parseJson(read("exceptions")));
  const host: Host = JSON.parse(JSON.stringify(objectIn(data.host, sequence)));
  const recorded: Verdict = Object(parseJson(inlineOrKept("verdict")));
  const launch: Launch | undefined =
    recorded.stage === "build" ? undefined : Object(parseJson(inlineOrKept("launch")));
  const image =
    evidence.imageFacts === undefined ? undefined : parseImageFacts(parseJson(read("imageFacts")));

  const now = new Date(recorded.decidedAt);
  const judged = evaluate(loadPolicies(documents), {
    stage: recorded.stage,
    image,
    launch,
    host,
    exceptions,
    now,
  });
  // What was mounted then is not to be seen any more.
  const proved: readonly Violation[] = data.proof === undefined ? [] : violationsIn(data.proof, sequence);
  const again = proved.length === 0 ? judged : withProof(judged, proved);
  return { recorded, again, same: JSON.stringify(sorted(again)) === JSON.stringify(sorted(recorded)) };
}

/** The same value with the members of every object in one order, so that equal values are equal texts. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(
    members
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  );
}

function violationsIn(proof: JsonValue, sequence: number): readonly Violation[] {
  return JSON.parse(JSON.stringify(objectIn(proof, sequence).violations ?? []));
}

function objectIn(value: JsonValue | undefined, sequence: number): JsonObject {
  if (typeof value === "object" && value !== null && !isList(value)) return value;
  throw incomplete(sequence, "evidence");
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function incomplete(sequence: number, what: string): GateError {
  return new GateError("RECORD_INCOMPLETE", `record ${sequence} does not hold its ${what}`);
}
