import type { AssessmentCode, Failure } from "@pratique/core";

/** Failures of one layer that are listed one by one; a hostile layer could make millions. */
const MAX_LISTED = 200;

/** Collects failures, and says how many more there were. */
export class FailureList {
  readonly #listed: Failure[] = [];
  readonly #more = new Map<AssessmentCode, number>();

  add(code: AssessmentCode, message: string, path?: string): void {
    if (this.#listed.length < MAX_LISTED) {
      this.#listed.push({ code, message, ...(path !== undefined && { path }) });
    } else {
      this.#more.set(code, (this.#more.get(code) ?? 0) + 1);
    }
  }

  all(): readonly Failure[] {
    const more = [...this.#more].map(([code, count]) => ({ code, message: `${count} more of this kind` }));
    return [...this.#listed, ...more];
  }
}
