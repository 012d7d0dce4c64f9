import type { AssessmentReason, AssessmentState } from "./assessment.ts";
import type { Digest } from "./digest.ts";

/** `build`: an image is judged by itself. `launch`: an image is judged together with how it is to run. */
export type Stage = "build" | "launch";

/** What a broken rule does. `dry-run` is recorded only; `warn` is shown as well; `enforce` denies. */
export type Enforcement = "enforce" | "warn" | "dry-run";

/** One rule that the subject breaks. */
export interface Violation {
  readonly policy: string;
  readonly rule: string;
  readonly enforcement: Enforcement;
  /** One sentence for the person who is refused. */
  readonly message: string;
  /** The value that broke the rule, for people: `CVE-2021-44228 in log4j-core 2.14.1`. */
  readonly value: string;
  /** What to change. */
  readonly fix: string;
  /** The exception that lifts it; a violation with one does not deny. */
  readonly waivedBy?: string;
}

/** Whom a verdict is about. */
export interface VerdictSubject {
  readonly image: string;
  readonly imageId?: Digest;
  readonly container?: string;
}

/** The answer of the policies. `deny` is an answer, not an error. */
export interface Verdict {
  readonly decision: "allow" | "deny";
  readonly stage: Stage;
  readonly subject: VerdictSubject;
  readonly violations: readonly Violation[];
  readonly assessment: { readonly state: AssessmentState; readonly reasons: readonly AssessmentReason[] };
  /** The revision of the policies and exceptions that were applied. */
  readonly policyRevision: string;
  /** ISO 8601, UTC. */
  readonly decidedAt: string;
}

/** The violations that deny: enforced, and not lifted by an exception. */
export function denials(verdict: Verdict): readonly Violation[] {
  return verdict.violations.filter(
    ({ enforcement, waivedBy }) => enforcement === "enforce" && waivedBy === undefined,
  );
}
