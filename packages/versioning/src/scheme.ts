/** The answer of a comparison: below, equal, above. */
export type Ordering = -1 | 0 | 1;

/**
 * How the versions of one kind of package are ordered, exactly as its own package manager orders them.
 *
 * `compare` is a total order over the versions for which `isValid` answers true: reflexive, antisymmetric and
 * transitive, and equal versions compare alike with any third. Numbers may have any length. `compare` throws
 * {@link VersionError} `VERSION_MALFORMED`, naming the text, when either side is not valid; it never guesses.
 * Time is linear in the length of the texts.
 */
export interface VersionScheme {
  /** The short name, which is also the name of the member's folder. */
  readonly name: string;
  /** The OSV ecosystems whose versions it orders, without release: `Debian`, `npm`. */
  readonly ecosystems: readonly string[];
  isValid(text: string): boolean;
  compare(left: string, right: string): Ordering;
  /**
   * How an installed version stands to a bound of an advisory, where the bound may say less than the version does.
   * {@link compare} where absent. It throws as `compare` does, and need not be antisymmetric.
   */
  compareToBound?(installed: string, bound: string): Ordering;
}
