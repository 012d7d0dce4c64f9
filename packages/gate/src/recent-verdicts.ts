import type { Verdict } from "@pratique/core";
import { type EvaluationInput, evaluate, type PolicySet } from "@pratique/policy";

/** A moment: the start of a container follows its rehearsal by less, and policies do not tell what time it is. */
const MAX_AGE_MS = 500;
const MAX_VERDICTS = 16;

interface Recent {
  readonly policies: PolicySet;
  readonly question: EvaluationInput;
  readonly verdict: Verdict;
}

/**
 * Gives the verdict of a moment ago to whoever asks the same again: that of the rehearsal at the start. All that it is
 * computed from has to be the same, the launch by its text and the rest by identity. The verdict says when it was
 * decided, so that it is computed again, from its record, as it was.
 */
export class RecentVerdicts {
  readonly #verdicts = new Map<string, Recent>();

  /** As {@link evaluate} of the policy package. */
  evaluate(policies: PolicySet, question: EvaluationInput): Verdict {
    const asked = JSON.stringify(question.launch);
    const recent = this.#verdicts.get(asked);
    if (recent?.policies === policies && isSame(recent.question, question)) return recent.verdict;
    return this.#decide(asked, policies, question);
  }

  /** As {@link evaluate}, whatever was decided before: what is rehearsed is to be gone through. */
  rehearse(policies: PolicySet, question: EvaluationInput): Verdict {
    return this.#decide(JSON.stringify(question.launch), policies, question);
  }

  #decide(asked: string, policies: PolicySet, question: EvaluationInput): Verdict {
    const verdict = evaluate(policies, question);
    const [oldest] = this.#verdicts.keys();
    if (this.#verdicts.size >= MAX_VERDICTS && oldest !== undefined) this.#verdicts.delete(oldest);
    this.#verdicts.delete(asked);
    this.#verdicts.set(asked, { policies, question, verdict });
    return verdict;
  }
}

function isSame(recent: EvaluationInput, asked: EvaluationInput): boolean {
  const ageMs = asked.now.getTime() - recent.now.getTime();
  if (ageMs < 0 || ageMs >= MAX_AGE_MS) return false;
  return (
    recent.stage === asked.stage &&
    recent.image === asked.image &&
    recent.host === asked.host &&
    recent.exceptions === asked.exceptions
  );
}
