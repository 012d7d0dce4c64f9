import type { FindingStatus } from "./advisory.ts";
import type { Digest } from "./digest.ts";
import type { FromBase } from "./from-base.ts";
import type { Risk } from "./risk-terms.ts";
import type { Severity } from "./severity.ts";

/** One vulnerability in one installed package. */
export interface Finding {
  readonly id: string;
  readonly aliases: readonly string[];
  /** The {@link Package.id} of the package that has it. */
  readonly packageId: string;
  readonly severity: Severity;
  readonly status: FindingStatus;
  readonly fixedVersion?: string;
  readonly knownExploited: boolean;
  readonly epss?: number;
  /** The provider whose word decided. */
  readonly source: string;
  /** The document that says so: `DSA-5865-1`, `GHSA-…`. */
  readonly advisory: string;
  readonly title?: string;
  /** What else the source says, for people: that a fix is for subscribers only, why there will be none. */
  readonly note?: string;
  /** `low` where the match rests on something weaker than the vendor's own word on this package. */
  readonly confidence?: "high" | "low";
  /** Set when a rule of the user took it out of the count. */
  readonly suppressed?: Suppressed;
  /** The layer that brought the package, as {@link explainFindings} adds it; absent where there are no layers. */
  readonly layer?: Digest;
  /** The instruction that made the layer. */
  readonly instruction?: string;
  readonly fromBase?: FromBase;
  readonly risk?: Risk;
}

/** Why a finding, or a secret, does not count. */
export interface Suppressed {
  /** Which rule it was, with the file and its words, for people. */
  readonly by: string;
  /** What a VEX statement says of the package; absent where an ignore file took the finding out of the count. */
  readonly status?: "not_affected" | "fixed";
  /** Why it is not affected, where the statement has one of the words for it. */
  readonly justification?: VexJustification;
}

/** Why a package is not affected, in the words that all VEX formats can say (CISA, "VEX Status Justifications", 2022). */
export type VexJustification = (typeof vexJustifications)[number];

export const vexJustifications = [
  "component_not_present",
  "vulnerable_code_not_present",
  "vulnerable_code_not_in_execute_path",
  "vulnerable_code_cannot_be_controlled_by_adversary",
  "inline_mitigations_already_exist",
] as const;
