import type { PolicyDocument } from "./policy.ts";

/** One case of a `kind: PolicyTest` document, run. */
export interface PolicyTestResult {
  readonly file: string;
  readonly test: string;
  readonly case: string;
  readonly passed: boolean;
  /** What differed: `expected deny, got allow`; empty when passed. */
  readonly differences: readonly string[];
}

/**
 * Runs the policy tests among the documents against the policies and exceptions among them.
 *
 * @throws PolicyError `POLICY_INVALID`
 */
export function runTests(_documents: readonly PolicyDocument[]): readonly PolicyTestResult[] {
  return [];
}
