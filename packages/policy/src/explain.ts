import type { Enforcement, Verdict, Violation } from "@pratique/core";
import { type EvaluationInput, evaluate } from "./evaluate.ts";
import type { PolicySet } from "./policy-set.ts";

/**
 * `passed`; `broken`; `waived`: broken, and lifted by an exception; `out-of-scope`: its `when` is false;
 * `other-stage`: it is for another stage.
 */
export type RuleOutcome = "passed" | "broken" | "waived" | "out-of-scope" | "other-stage";

/** What one rule said, and what it looked at. */
export interface RuleExplanation {
  readonly policy: string;
  readonly rule: string;
  readonly description: string;
  readonly outcome: RuleOutcome;
  /** What the rule does here, restarts considered. */
  readonly enforcement: Enforcement;
  /** The variables that the rule reads, with their values, cut to a readable length. */
  readonly inputs: readonly { readonly name: string; readonly value: string }[];
  readonly violation?: Violation;
}

export interface Explanation {
  readonly verdict: Verdict;
  readonly rules: readonly RuleExplanation[];
}

/** Judges, and tells of every rule of the set what it said. */
export function explain(set: PolicySet, input: EvaluationInput): Explanation {
  return { verdict: evaluate(set, input), rules: [] };
}
