import type { ChannelAction, JsonObject } from "@pratique/core";
import { type Evidence, evidenceJson } from "./evidence/evidence.ts";
import type { Decision } from "./policy/decide.ts";
import type { ContainerReference } from "./ports.ts";
import { type Proof, proofJson } from "./prove.ts";
import { rounded, type StepRecord, stepJson } from "./run-steps.ts";

/**
 * What became of a trigger. `acted`: at least in part, see the steps. `already`: an act as hard is in force.
 * `reported`: no more was asked, or no more was possible. `recorded`: the kernel had done it before. `failed`: all that
 * could be tried failed. `gone`: there is no such container any more. `busy`: too many others wait for it.
 */
export type ResponseKind =
  | "acted"
  | "already"
  | "reported"
  | "recorded"
  | "dry-run"
  | "failed"
  | "gone"
  | "busy";

/** A harder action that was not done, and what was tried in its place. */
export interface Demotion {
  readonly from: ChannelAction;
  readonly to: ChannelAction;
  readonly because: string;
}

export interface ResponseOutcome {
  readonly kind: ResponseKind;
  /** Undefined for the host's own processes. */
  readonly container: ContainerReference | undefined;
  readonly asked: ChannelAction;
  /** What was done, or would have been. */
  readonly action: ChannelAction;
  /** For `release`. */
  readonly actId: string | undefined;
  readonly trigger: string | undefined;
  readonly decidedBy: string;
  readonly reason: string;
  /** Why it was reported although more was asked for. */
  readonly spared: string | undefined;
  readonly demotions: readonly Demotion[];
  /** Channels that were open before. */
  readonly flows: readonly string[];
  readonly steps: readonly StepRecord[];
  readonly proof: Proof | undefined;
  readonly evidence: Evidence | undefined;
  /** The cut that was made before a harder act. */
  readonly first: ResponseOutcome | undefined;
  /** Milliseconds from the trigger to the end of steps and proof. */
  readonly tookMs: number;
}

/** One in which nothing was done yet. */
export function outcomeOf(
  kind: ResponseKind,
  container: ContainerReference | undefined,
  { action, trigger, decidedBy, reason }: Pick<Decision, "action" | "trigger" | "decidedBy" | "reason">,
  elapsed: () => number,
): ResponseOutcome {
  return {
    kind,
    container: container === undefined ? undefined : referenceTo(container),
    asked: action,
    action,
    actId: undefined,
    trigger,
    decidedBy,
    reason,
    spared: undefined,
    demotions: [],
    flows: [],
    steps: [],
    proof: undefined,
    evidence: undefined,
    first: undefined,
    tookMs: elapsed(),
  };
}

/** Without what else is known of a container: labels and mounts have no place in each record. */
function referenceTo({ id, runtime, name, image }: ContainerReference): ContainerReference {
  return { id, runtime, name, image };
}

/** For the audit log. */
export function outcomeRecord(outcome: ResponseOutcome): JsonObject {
  const { kind, container, asked, action, actId, decidedBy, reason, demotions, flows, steps } = outcome;
  return {
    outcome: kind,
    act: actId ?? null,
    trigger: outcome.trigger ?? null,
    container: container === undefined ? null : { ...container },
    asked,
    action,
    decidedBy,
    reason,
    demotions: demotions.map(({ from, to, because }) => ({ from, to, because })),
    flows,
    steps: steps.map(stepJson),
    proof: outcome.proof === undefined ? null : proofJson(outcome.proof),
    evidence: outcome.evidence === undefined ? null : evidenceJson(outcome.evidence),
    tookMs: rounded(outcome.tookMs),
  };
}
