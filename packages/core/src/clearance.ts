/** A distribution's word by which a package does not have a vulnerability that is known of its name. */
export interface Clearance {
  readonly id: string;
  readonly aliases: readonly string[];
  /** The id of the package that does not have it. */
  readonly packageId: string;
  /** `fixed`: the installed version has the fix. `not-affected`: it never needed one. */
  readonly kind: "fixed" | "not-affected";
  /** The provider whose word it is, and its document. */
  readonly source: string;
  readonly advisory: string;
  /** The first version with the fix, where that is what clears it. */
  readonly fixedVersion?: string;
  /** What else the source says, for people. */
  readonly note?: string;
}
