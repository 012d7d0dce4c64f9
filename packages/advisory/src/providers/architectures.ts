/** One fix, and the architectures for which it is told. */
export interface FixFor {
  readonly fixed: string;
  /** Empty: for all. */
  readonly architectures: readonly string[];
}

/** A fix; the architectures are absent where it holds for all. */
export interface Fix {
  readonly fixed: string;
  readonly architectures?: readonly string[];
}

/**
 * Joins the fixes of one package. Feeds repeat a fix for each architecture; these matter only where not all of them
 * were given the same fixes.
 */
export function joinFixes(fixes: Iterable<FixFor>): readonly Fix[] {
  const byVersion = new Map<string, Set<string>>();
  const all = new Set<string>();
  for (const { fixed, architectures } of fixes) {
    const known = byVersion.get(fixed) ?? new Set();
    byVersion.set(fixed, known);
    for (const architecture of architectures) {
      known.add(architecture);
      all.add(architecture);
    }
  }
  return Array.from(byVersion, ([fixed, known]) => {
    const holdsForAll = known.size === 0 || known.size === all.size || known.has("noarch");
    return holdsForAll ? { fixed } : { fixed, architectures: [...known].sort() };
  });
}
