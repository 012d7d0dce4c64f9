import { compareDigits, compareOrdered } from "./digits.ts";
import type { Ordering } from "./scheme.ts";

/**
 * Orders the identifiers of two pre-releases (Semantic Versioning 2.0.0, section 11). None at all is above any (11.3);
 * more are above fewer (11.4.4).
 */
export function comparePrereleases(left: readonly string[], right: readonly string[]): Ordering {
  if (left.length === 0 || right.length === 0) return compareOrdered(right.length, left.length);
  for (const [index, a] of left.entries()) {
    const b = right[index];
    if (b === undefined) return 1;
    const order = compareIdentifiers(a, b);
    if (order !== 0) return order;
  }
  return compareOrdered(left.length, right.length);
}

/** Numbers by value and below anything with a letter, the others by ASCII (section 11.4.1 to 11.4.3). */
function compareIdentifiers(left: string, right: string): Ordering {
  const leftIsNumber = NUMBER.test(left);
  const rightIsNumber = NUMBER.test(right);
  if (leftIsNumber && rightIsNumber) return compareDigits(left, right);
  if (leftIsNumber !== rightIsNumber) return leftIsNumber ? -1 : 1;
  return compareOrdered(left, right);
}

const NUMBER = /^\d+$/u;

/** What versions have in common that Semantic Versioning 2.0.0 orders; digits, and what is missing is empty. */
export interface SemanticVersion {
  readonly major: string;
  readonly minor: string;
  readonly patch: string;
  readonly prerelease: readonly string[];
}

/** Compares by Semantic Versioning 2.0.0, section 11. */
export function compareSemantic(left: SemanticVersion, right: SemanticVersion): Ordering {
  return (
    compareDigits(left.major, right.major) ||
    compareDigits(left.minor, right.minor) ||
    compareDigits(left.patch, right.patch) ||
    comparePrereleases(left.prerelease, right.prerelease)
  );
}
