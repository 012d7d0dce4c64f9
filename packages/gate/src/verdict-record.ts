import type {
  AuditEvent,
  Digest,
  Host,
  JsonObject,
  JsonValue,
  Launch,
  PolicyException,
  Verdict,
} from "@pratique/core";
import type { ImageFacts, PolicySet } from "@pratique/policy";
import type { Evidence } from "./ports.ts";

/** Records are small; a longer part is kept as evidence, and its digest recorded in its place. */
const MAX_INLINE_CHARS = 32 * 1024;

/** All that a verdict was computed from. */
export interface VerdictRecord {
  readonly verdict: Verdict;
  readonly launch: Launch;
  readonly imageId: Digest | undefined;
  readonly facts: ImageFacts | undefined;
  readonly policies: PolicySet;
  readonly exceptions: readonly PolicyException[];
  readonly host: Host;
  readonly mode: "enforce" | "observe";
  /** The call that asked: `POST /containers/create`. */
  readonly call: string;
}

/** Turns verdicts into records, from each of which the verdict can be computed again. */
export class VerdictRecorder {
  readonly #evidence: Evidence;
  /** Digests of what was kept already. The objects stay the same as long as they are in force. */
  readonly #kept = new WeakMap<object, Digest>();

  constructor(evidence: Evidence) {
    this.#evidence = evidence;
  }

  event(record: VerdictRecord): AuditEvent {
    const { verdict, launch, imageId, facts, policies, exceptions, host, mode, call } = record;
    const denied = verdict.decision === "deny";
    return {
      class: "verdict",
      action: denied ? (mode === "enforce" ? "launch.denied" : "launch.would-deny") : "launch.allowed",
      actor: actorOf(launch.caller),
      data: {
        call,
        mode,
        decision: verdict.decision,
        stage: verdict.stage,
        decidedAt: verdict.decidedAt,
        policyRevision: verdict.policyRevision,
        policies: this.#keep(policies, () => ({
          revision: policies.revision,
          policies: policies.policies,
          exceptions: policies.exceptions,
        })),
        exceptions: this.#keep(exceptions, () => exceptions),
        imageId: imageId ?? null,
        imageFacts: facts === undefined ? null : this.#keep(facts, () => facts),
        host: plain(host),
        ...this.#inlineOrKept("launch", launch),
        ...this.#inlineOrKept("verdict", verdict),
      },
    };
  }

  #keep(object: object, content: () => unknown): Digest {
    const known = this.#kept.get(object);
    if (known !== undefined) return known;
    const digest = this.#evidence.put(JSON.stringify(content()));
    this.#kept.set(object, digest);
    return digest;
  }

  #inlineOrKept(name: string, value: Launch | Verdict): JsonObject {
    const text = JSON.stringify(value);
    if (text.length <= MAX_INLINE_CHARS) return { [name]: plain(value) };
    return { [`${name}Evidence`]: this.#evidence.put(text) };
  }
}

/** On the Unix socket the engine tells of no caller. */
export function actorOf(caller: string): string {
  return caller === "" ? "engine-socket" : `certificate:${caller}`;
}

/** Nouns of core are plain JSON, which their interfaces cannot say: an interface has no index signature. */
function plain(value: Host | Launch | Verdict): JsonValue {
  return value as unknown as JsonObject;
}
