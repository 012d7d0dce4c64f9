import type { Detection, Enforceability } from "@pratique/core";
import type { Attack } from "./attack.ts";

/**
 * What became of an attack. `prevented`: it had no effect, and something of ours says so. `killed`: it took effect, and
 * the process ended with it. `detected`: it took effect, and was told. `missed`: it took effect, and nobody told.
 * `elsewhere`: it took effect, and no rule is there for it, since one event does not tell it; see its row in
 * docs/reference/default-rules.md. `unwatched`: it took effect, and nobody was asked. `refused`: the kernel or the engine said no by itself.
 * `impossible`: this host has nothing to attack so. `failed`: the attack itself broke.
 */
export const coverageVerdicts = [
  "prevented",
  "killed",
  "detected",
  "missed",
  "elsewhere",
  "unwatched",
  "refused",
  "impossible",
  "failed",
] as const;
export type CoverageVerdict = (typeof coverageVerdicts)[number];

/** One attack and what this host did about it. */
export interface Coverage {
  readonly id: string;
  readonly row: number | undefined;
  readonly title: string;
  readonly technique: string;
  readonly verdict: CoverageVerdict;
  /** The attack printed its marker: it did what it set out to do. */
  readonly tookEffect: boolean;
  /** Names of the rules that spoke, ours and others', in the order of their first word. */
  readonly detectedBy: readonly string[];
  readonly why: string;
  /** Rules of the gate that refused its container, so that it never began. */
  readonly refusedBy: readonly string[];
  /** The best that some host can do about it, with the rules that act and the gate. */
  readonly best: Enforceability;
}

/** What was seen of one attack. */
export interface Observation {
  readonly tookEffect: boolean;
  readonly exitCode: number;
  /** What the attack said of itself where it had no effect: `open: EPERM`. */
  readonly said: string;
  /** What kept its container from being made or started. */
  readonly refusal: string | undefined;
  readonly impossible: boolean;
  /** Undefined where nobody was asked. */
  readonly detections: readonly Detection[] | undefined;
}

const KILLED = 137;

/** Judges what was seen of an attack. */
export function coverageOf(attack: Attack, seen: Observation): Coverage {
  const { id, row, title, technique, best } = attack;
  const detectedBy = [...new Set((seen.detections ?? []).map(({ rule }) => rule))];
  const { verdict, why } = judge(attack, seen, detectedBy);
  const refusedBy = rulesIn(seen.refusal ?? "");
  return {
    id,
    row,
    title,
    technique,
    verdict,
    tookEffect: seen.tookEffect,
    detectedBy,
    why,
    refusedBy,
    best,
  };
}

/** The rules that the gate names in a refusal: a line each, by policy and name, before what each has against it. */
function rulesIn(refusal: string): readonly string[] {
  return [...refusal.matchAll(/^ {2}(?<rule>[\w.-]+\/[\w.-]+): /gmu)].map(({ groups }) => groups?.rule ?? "");
}

interface Judgement {
  readonly verdict: CoverageVerdict;
  readonly why: string;
}

function judge(attack: Attack, seen: Observation, detectedBy: readonly string[]): Judgement {
  if (seen.refusal !== undefined) return { verdict: "prevented", why: seen.refusal };
  if (seen.tookEffect) return judgeEffect(attack, seen, detectedBy);
  if (seen.impossible) return { verdict: "impossible", why: seen.said };
  const stopped = seen.detections?.find(({ outcome }) => outcome === "prevented" || outcome === "killed");
  if (stopped !== undefined) return { verdict: "prevented", why: `by the rule ${stopped.rule}` };
  if (seen.exitCode === KILLED) return { verdict: "prevented", why: "its process was killed before it" };
  if (seen.said !== "") return { verdict: "refused", why: seen.said };
  return { verdict: "failed", why: `it ended with ${seen.exitCode} and said nothing` };
}

function judgeEffect(attack: Attack, seen: Observation, detectedBy: readonly string[]): Judgement {
  if (seen.detections === undefined)
    return { verdict: "unwatched", why: "it took effect; no agent was asked" };
  const stopped = seen.detections.find(({ outcome }) => outcome === "killed");
  if (stopped !== undefined)
    return { verdict: "killed", why: `by the rule ${stopped.rule}, after its effect` };
  const expected = [...attack.rules, ...attack.upstreamRules];
  const right = detectedBy.filter((rule) => expected.includes(rule));
  if (right.length > 0) return { verdict: "detected", why: "it took effect, and was told" };
  if (expected.length === 0) return { verdict: "elsewhere", why: "no rule over single events can tell it" };
  const others = detectedBy.length === 0 ? "nothing" : detectedBy.join(", ");
  return { verdict: "missed", why: `expected ${expected.join(" or ")}, found ${others}` };
}
