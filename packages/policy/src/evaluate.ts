import type { Host, Launch, PolicyException, Stage, Verdict } from "@pratique/core";
import type { ImageFacts } from "./image-facts.ts";
import type { PolicySet } from "./policy-set.ts";

/** What a verdict is asked about. */
export interface EvaluationInput {
  readonly stage: Stage;
  /** Undefined where the image has not been scanned. Keep the same object: what it gives is cached. */
  readonly image: ImageFacts | undefined;
  readonly launch?: Launch | undefined;
  readonly host?: Host | undefined;
  /** Exceptions beside those of the set. Keep the same array: its revision is cached. */
  readonly exceptions?: readonly PolicyException[] | undefined;
  readonly now: Date;
}

/** Judges one image, or one launch. Pure: the same set and input give the same verdict. Never throws. */
export function evaluate(set: PolicySet, input: EvaluationInput): Verdict {
  const { stage, image, launch, now } = input;
  return {
    decision: "deny",
    stage,
    subject: { image: launch?.image ?? image?.reference ?? "" },
    violations: [],
    assessment: image?.assessment ?? { state: "none", reasons: [] },
    policyRevision: set.revision,
    decidedAt: now.toISOString(),
  };
}

/** Does beforehand what {@link evaluate} would do for an image at its first launch. Optional. */
export function prepareImage(_set: PolicySet, _image: ImageFacts): void {}
