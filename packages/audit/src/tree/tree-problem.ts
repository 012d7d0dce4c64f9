/** What can be wrong with a log. */
export type TreeProblemKind =
  /** Its bytes do not hash to what the tree holds. */
  | "entry-changed"
  | "entry-missing"
  | "entry-malformed"
  /** Hashes that do not follow from the entries. */
  | "tile-changed"
  | "tile-missing"
  /** The entries give another root than the one that was signed. */
  | "root-differs"
  | "checkpoint-untrusted"
  | "quorum-missed"
  /** A checkpoint that was kept elsewhere is not part of this log. */
  | "history-changed"
  | "log-shortened"
  | "time-went-back"
  | "silence"
  | "intent-without-outcome"
  | "outcome-without-intent"
  | "host-chain-broken";

export interface TreeProblem {
  readonly kind: TreeProblemKind;
  /** The entry at which it shows; the first of several. */
  readonly index: number;
  readonly message: string;
}

/** After so many problems the rest is counted only. */
const MAX_PROBLEMS = 100;

/** Collects problems, and counts those that are too many to list. */
export class ProblemList {
  readonly #listed: TreeProblem[] = [];
  #count = 0;

  add(kind: TreeProblemKind, index: number, message: string): void {
    this.#count += 1;
    if (this.#listed.length < MAX_PROBLEMS) this.#listed.push({ kind, index, message });
  }

  get listed(): readonly TreeProblem[] {
    return this.#listed;
  }

  get count(): number {
    return this.#count;
  }
}
