import type { FindingStatus } from "./advisory.ts";
import type { Digest } from "./digest.ts";
import type { FromBase } from "./finding-origin.ts";
import type { Risk } from "./risk.ts";
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
  readonly suppressed?: { readonly by: string };
  /** The layer that brought the package, as {@link explainFindings} adds it; absent where there are no layers. */
  readonly layer?: Digest;
  /** The instruction that made the layer. */
  readonly instruction?: string;
  readonly fromBase?: FromBase;
  readonly risk?: Risk;
}
