import type { AssessmentCode, Failure, SoughtList } from "@pratique/core";

const MAX_FAILURES = 100;

/**
 * Collects failures, and no more than a hundred of them: an image with a million broken records must not
 * become a report with a million reasons. The last entry then says how many were left out.
 */
export class FailureLog {
  readonly #list: SoughtList | undefined;
  readonly #kept: Failure[] = [];
  #leftOut = 0;

  /** `list`: the one that is not whole because of what is collected. */
  constructor(list?: SoughtList) {
    this.#list = list;
  }

  add(code: AssessmentCode, message: string, path?: string): void {
    if (this.#kept.length >= MAX_FAILURES) {
      this.#leftOut += 1;
      return;
    }
    this.#kept.push({ code, message, ...(path !== undefined && { path }), ...this.#listed });
  }

  list(): readonly Failure[] {
    if (this.#leftOut === 0) return [...this.#kept];
    const message = `${this.#leftOut} more failures like these were left out`;
    return [...this.#kept, { code: "LIMIT_REACHED", message, ...this.#listed }];
  }

  get #listed(): Pick<Failure, "list"> {
    return this.#list === undefined ? {} : { list: this.#list };
  }
}
