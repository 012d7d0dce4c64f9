import type { Advisory, Severity } from "@pratique/core";
import { isInRange, VersionError } from "@pratique/versioning";
import { hear, type Installed, type Judgement, judgeUnfixed } from "./judgement.ts";
import { isOwnWord } from "./own-word.ts";

/**
 * Judges one vulnerability in one package of a distribution. In this order:
 *
 * 1. The distribution's own word, "not affected" included, silences everybody else's; and what it is sure of, what it
 *    marks as doubtful.
 * 2. Among its own sources a fix silences those that know of none: an advisory is published before the tracker
 *    has heard of it.
 * 3. Among fixes the highest counts, and nothing that claims less can lower it: a later advisory may complete an
 *    earlier one, and a source that says "not affected" may not have heard of it.
 */
export function judgeByDistribution(
  advisories: readonly Advisory[],
  installed: Installed,
): Judgement | undefined {
  const everybody = hear(advisories, installed);
  // By far the most frequent case, and the order of precedence cannot change it.
  if (everybody.affected.length === 0 && everybody.unparsed === undefined) return undefined;
  const own = advisories.filter(isOwnWord);
  const heard = own.length > 0 ? own : advisories;
  const words = heard.some(isCertain) ? heard.filter(isCertain) : heard;
  const fixes = words.filter(hasFix);
  const { affected, unparsed } = hear(fixes.length > 0 ? fixes : words, installed);
  return highestFix(affected, installed) ?? judgeUnfixed(affected) ?? unparsed;
}

/**
 * The severity that the distribution itself gives, which knows how it builds and runs the package; `unknown`
 * where it gives none.
 */
export function severitiesOfDistribution(advisories: readonly Advisory[]): readonly Severity[] {
  return advisories.filter(isOwnWord).map(({ severity }) => severity);
}

function isCertain({ doubtful }: Advisory): boolean {
  return doubtful !== true;
}

function hasFix({ ranges }: Advisory): boolean {
  return ranges.some(({ fixed }) => fixed !== undefined);
}

function highestFix(affected: readonly Advisory[], { scheme, version }: Installed): Judgement | undefined {
  let highest: { readonly fixedVersion: string; readonly advisory: Advisory } | undefined;
  for (const advisory of affected) {
    for (const range of advisory.ranges) {
      const { fixed } = range;
      if (fixed === undefined || !holds(() => isInRange(scheme, version, range))) continue;
      if (highest === undefined || scheme.compare(fixed, highest.fixedVersion) > 0) {
        highest = { fixedVersion: fixed, advisory };
      }
    }
  }
  return highest === undefined ? undefined : { kind: "affected", status: "fixed", ...highest };
}

/** A bound that cannot be parsed has been heard already, and offers no fix. */
function holds(condition: () => boolean): boolean {
  try {
    return condition();
  } catch (error) {
    if (error instanceof VersionError) return false;
    throw error;
  }
}
