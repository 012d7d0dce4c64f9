import type {
  AuditEvent,
  Digest,
  Host,
  JsonObject,
  JsonValue,
  Launch,
  PolicyException,
  Verdict,
  Violation,
} from "@pratique/core";
import type { ImageFacts, PolicySet } from "@pratique/policy";
import type { Evidence } from "./ports.ts";

/** Records are small; a longer part is kept as evidence, and its digest recorded in its place. */
const MAX_INLINE_CHARS = 32 * 1024;

/** All that a verdict was computed from. */
export interface VerdictRecord {
  readonly verdict: Verdict;
  /** Absent where an image was judged by itself. */
  readonly launch?: Launch;
  readonly imageId: Digest | undefined;
  readonly facts: ImageFacts | undefined;
  readonly policies: PolicySet;
  readonly exceptions: readonly PolicyException[];
  readonly host: Host;
  readonly mode: "enforce" | "observe";
  /** What asked: `POST /containers/create`, `pratique image check`. */
  readonly call: string;
  readonly actor: string;
  /** Of a container that was started: what is wrong with what the engine has mounted, beside what policies say. */
  readonly proof?: { readonly violations: readonly Violation[]; readonly details: JsonObject };
}

/** A verdict, and what policies cannot know. */
export function withProof(verdict: Verdict, violations: readonly Violation[]): Verdict {
  return { ...verdict, decision: "deny", violations: [...verdict.violations, ...violations] };
}

/** Turns verdicts into records, from each of which {@link replayVerdict} computes the verdict again. */
export class VerdictRecorder {
  readonly #evidence: Evidence;
  /** Digests of what was kept already. The objects stay the same as long as they are in force. */
  readonly #kept = new WeakMap<object, Digest>();

  constructor(evidence: Evidence) {
    this.#evidence = evidence;
  }

  event(record: VerdictRecord): AuditEvent {
    const { verdict, launch, imageId, facts, policies, exceptions, host, mode, call, actor, proof } = record;
    const [launchInline, launchKept] = this.#inlineOrKept(launch);
    const [verdictInline, verdictKept] = this.#inlineOrKept(verdict);
    return {
      class: "verdict",
      action: actionOf(record),
      actor,
      data: {
        call,
        mode,
        decision: verdict.decision,
        stage: verdict.stage,
        decidedAt: verdict.decidedAt,
        policyRevision: verdict.policyRevision,
        imageId: imageId ?? null,
        host: plain(host),
        ...(launchInline !== undefined && { launch: launchInline }),
        ...(verdictInline !== undefined && { verdict: verdictInline }),
        ...(proof !== undefined && { proof: { violations: plain(proof.violations), mounts: proof.details } }),
        evidence: {
          policies: this.#keep(policies, policies.documents),
          exceptions: this.#keep(exceptions, exceptions),
          ...(facts !== undefined && { imageFacts: this.#keep(facts, facts) }),
          ...(launchKept !== undefined && { launch: launchKept }),
          ...(verdictKept !== undefined && { verdict: verdictKept }),
        },
      },
    };
  }

  #keep(object: object, content: unknown): Digest {
    const known = this.#kept.get(object);
    if (known !== undefined) return known;
    const digest = this.#evidence.put(JSON.stringify(content));
    this.#kept.set(object, digest);
    return digest;
  }

  /** What is short enough for the record, or the digest under which it is kept. */
  #inlineOrKept(value: Launch | Verdict | undefined): readonly [JsonValue | undefined, Digest | undefined] {
    if (value === undefined) return [undefined, undefined];
    const text = JSON.stringify(value);
    if (text.length <= MAX_INLINE_CHARS) return [plain(value), undefined];
    return [undefined, this.#evidence.put(text)];
  }
}

/** On the Unix socket the engine tells of no caller. */
export function actorOf(caller: string): string {
  return caller === "" ? "engine-socket" : `certificate:${caller}`;
}

function actionOf({ verdict, launch, mode }: VerdictRecord): string {
  const subject = launch === undefined ? "image" : "launch";
  if (verdict.decision === "allow") return `${subject}.allowed`;
  return mode === "enforce" ? `${subject}.denied` : `${subject}.would-deny`;
}

/** Nouns of core are plain JSON, which their interfaces cannot say: an interface has no index signature. */
function plain(value: Host | Launch | Verdict | readonly Violation[]): JsonValue {
  return value as unknown as JsonObject;
}
