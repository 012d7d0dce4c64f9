import { denials, type PolicyException, type Verdict, type Violation } from "@pratique/core";
import { type EvaluationInput, isRestart, type Judgement, judge, type RuleResult } from "./judge.ts";
import { type PolicySet, revisionOf } from "./policy-set.ts";
import { waive } from "./waiver.ts";

/** The policy under whose name the package itself speaks. */
export const BUILT_IN = "built-in";

/** Judges one image, or one launch. Pure: the same set and input give the same verdict. Never throws. */
export function evaluate(set: PolicySet, input: EvaluationInput): Verdict {
  return verdictOf(set, input, judge(set, input));
}

/** Puts what the rules said into the noun. */
export function verdictOf(set: PolicySet, input: EvaluationInput, judgement: Judgement): Verdict {
  const { stage, image, launch, now } = input;
  const violations = judgement.results.flatMap(({ violation }) =>
    violation === undefined ? [] : [violation],
  );
  const unassessed = unassessedViolation(input, judgement);
  const verdict = {
    stage,
    subject: {
      image: launch?.image ?? image?.reference ?? "",
      ...(image?.imageId !== undefined && { imageId: image.imageId }),
      ...(launch !== undefined && launch.containerId !== "" && { container: launch.containerId }),
    },
    violations: unassessed === undefined ? violations : [unassessed, ...violations],
    assessment: {
      state: image?.assessment.state ?? "none",
      reasons: image?.assessment.reasons ?? [],
    },
    policyRevision: revisionFor(set, input.exceptions),
    decidedAt: now.toISOString(),
  } as const;
  const decision = denials({ ...verdict, decision: "deny" }).length === 0 ? "allow" : "deny";
  return { decision, ...verdict };
}

/**
 * Policies that are silent about images that could not be judged do not thereby allow them: what was not
 * assessed at all is denied, what was assessed in part is allowed with a warning. Once a rule in scope looks
 * at `image.known` or `image.assessment.state`, its word is taken. `exec` starts no image, so it is left out.
 */
function unassessedViolation(
  input: EvaluationInput,
  { results, exceptions }: Judgement,
): Violation | undefined {
  const { image, launch } = input;
  const state = image?.assessment.state ?? "none";
  if (state === "complete" || launch?.action === "exec" || results.some(speaksOfAssessment)) return undefined;
  const violation: Violation = {
    policy: BUILT_IN,
    rule: "assessed",
    enforcement: state === "none" && !isRestart(launch) ? "enforce" : "warn",
    message:
      state === "none"
        ? "the image has not been assessed, and no policy says that it may pass"
        : "the image was assessed in part only, and no policy speaks of that",
    value:
      image === undefined
        ? "no scan of the image"
        : `assessment ${state}: ${reasonCodes(image) || "no reason"}`,
    fix: "scan the image, or write a rule about image.assessment.state",
  };
  const named = { policy: BUILT_IN, rule: violation.rule, max: 0 };
  const { waivedBy } = waive(named, undefined, { exceptions, about: undefined });
  return waivedBy === undefined ? violation : { ...violation, waivedBy };
}

function speaksOfAssessment({ compiled, outcome }: RuleResult): boolean {
  return compiled.aboutAssessment && outcome.kind !== "out-of-scope";
}

function reasonCodes(image: NonNullable<EvaluationInput["image"]>): string {
  return [...new Set(image.assessment.reasons.map(({ code }) => code))].join(", ");
}

const revisions = new WeakMap<readonly PolicyException[], WeakMap<PolicySet, string>>();

/** The revision of the set with the exceptions beside it; that of the set where there are none. */
function revisionFor(set: PolicySet, exceptions: readonly PolicyException[] | undefined): string {
  if (exceptions === undefined || exceptions.length === 0) return set.revision;
  const known = revisions.get(exceptions) ?? new WeakMap<PolicySet, string>();
  const revision = known.get(set) ?? revisionOf({ set: set.revision, exceptions });
  revisions.set(exceptions, known.set(set, revision));
  return revision;
}
