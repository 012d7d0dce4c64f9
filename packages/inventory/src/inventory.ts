import type { AssessmentReason, Distro, Package } from "@pratique/core";

/** What is inside a file tree. */
export interface Inventory {
  /** Absent where the tree has none, or does not tell. */
  readonly distro?: Distro;
  /** In the order of their ids; no id twice. */
  readonly packages: readonly Package[];
  /** Names of accounts other than `root` with the user id 0. */
  readonly rootAccounts: readonly string[];
  /** What could not be read. The tree's own failures are not repeated here. */
  readonly failures: readonly AssessmentReason[];
}
