import type { Advisory } from "@pratique/core";
import { isAffected, VersionError } from "@pratique/versioning";
import { hear, type Installed, type Judgement, judgeUnfixed } from "./judgement.ts";
import { isOwnWordOfGo } from "./own-word.ts";

/**
 * Judges one vulnerability in one package of a language. No source outranks another here, but for what the Go project says
 * of its own modules: the version is affected when any says so. The fix is the lowest version above the installed one that none of them calls affected, so
 * that somebody on an old branch is not sent to the next major version. A doubtful word counts where there is no other.
 */
export function judgeByLanguage(everybody: readonly Advisory[], installed: Installed): Judgement | undefined {
  const advisories = everybody.some(isOwnWordOfGo) ? everybody.filter(isOwnWordOfGo) : everybody;
  const { affected: all, unparsed } = hear(advisories, installed);
  const certain = all.filter(({ doubtful }) => doubtful !== true);
  const affected = certain.length > 0 ? certain : all;
  const words = certain.length > 0 ? advisories.filter(({ doubtful }) => doubtful !== true) : advisories;
  return lowestFix(affected, words, installed) ?? judgeUnfixed(affected) ?? unparsed;
}

function lowestFix(
  affected: readonly Advisory[],
  all: readonly Advisory[],
  { scheme, version }: Installed,
): Judgement | undefined {
  if (!scheme.isValid(version)) return undefined;
  let lowest: { readonly fixedVersion: string; readonly advisory: Advisory } | undefined;
  for (const advisory of affected) {
    for (const { fixed } of advisory.ranges) {
      if (fixed === undefined || !scheme.isValid(fixed) || scheme.compare(fixed, version) <= 0) continue;
      if (lowest !== undefined && scheme.compare(fixed, lowest.fixedVersion) >= 0) continue;
      if (isClean(fixed, all, scheme)) lowest = { fixedVersion: fixed, advisory };
    }
  }
  return lowest === undefined ? undefined : { kind: "affected", status: "fixed", ...lowest };
}

/** True when nobody calls the version affected; a doubt counts as "affected". */
function isClean(version: string, advisories: readonly Advisory[], scheme: Installed["scheme"]): boolean {
  try {
    return !advisories.some((advisory) => isAffected(scheme, version, advisory));
  } catch (error) {
    if (error instanceof VersionError) return false;
    throw error;
  }
}
