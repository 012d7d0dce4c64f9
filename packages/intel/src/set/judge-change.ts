/** How one source differs from what the set before holds of it. */
export interface SourceChange {
  readonly before: number;
  readonly after: number;
  /** Of those before, how many are gone. */
  readonly removed: number;
  /** How many live flows the set before hits, and the new one would; absent where nobody has looked. */
  readonly hits?: { readonly before: number; readonly after: number };
}

/** From how many indicators on a source is judged: a list of five may well change wholly. */
const MIN_INDICATORS = 50;
const MAX_GROWTH = 10;
const MAX_REMOVED_SHARE = 0.5;
/** From how many live flows on a change of hits is judged. */
const MIN_HITS = 20;

/**
 * Whether a change is so great that somebody should confirm it: a feed that was taken over or broke says a lot, or
 * nothing, from one day to the next. Undefined where it is ordinary.
 */
export function judgeChange({ before, after, removed, hits }: SourceChange): string | undefined {
  if (hits !== undefined && hits.after >= MIN_HITS && hits.after > hits.before * MAX_GROWTH) {
    return `it would hit ${hits.after} live connections where ${hits.before} were hit before`;
  }
  if (before === 0) return undefined;
  if (after >= MIN_INDICATORS && after > before * MAX_GROWTH) {
    return `it grows more than ${MAX_GROWTH}-fold, from ${before} to ${after} indicators`;
  }
  if (before >= MIN_INDICATORS && removed > before * MAX_REMOVED_SHARE) {
    return `it takes back ${removed} of ${before} indicators`;
  }
  return undefined;
}
