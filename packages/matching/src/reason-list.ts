import type { AssessmentReason } from "@pratique/core";

/** Collects reasons, each once, up to a limit; what goes beyond is summed up in one more. */
export class ReasonList {
  readonly #limit: number;
  readonly #reasons = new Map<string, AssessmentReason>();
  #omitted = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(reason: AssessmentReason): void {
    const key = `${reason.code}\n${reason.message}`;
    if (this.#reasons.has(key)) return;
    if (this.#reasons.size < this.#limit) this.#reasons.set(key, reason);
    else this.#omitted += 1;
  }

  toArray(): readonly AssessmentReason[] {
    const reasons = [...this.#reasons.values()];
    if (this.#omitted === 0) return reasons;
    const message = `more than ${this.#limit} reasons: ${this.#omitted} are not listed`;
    return [...reasons, { code: "LIMIT_REACHED", message }];
  }
}
