import type { Advisory, Clearance } from "@pratique/core";
import { VersionError, type VersionScheme } from "@pratique/versioning";
import type { AliasGroup } from "./alias-groups.ts";
import { compareReferences, compareText, preferredIdentifier } from "./identifier.ts";
import { isOwnWord } from "./own-word.ts";
import { aboutBuild, type InstalledBuild } from "./rpm-builds.ts";

/** What a package of a distribution is judged as. */
export interface ClearedSubject {
  readonly package: InstalledBuild;
  readonly version: string;
  readonly scheme: VersionScheme;
}

/** The words of a clearance, apart from the package that they are about. */
type ClearingWord = Omit<Clearance, "packageId">;

/**
 * Says why a distribution does not call a package affected by a vulnerability that it knows: the installed version has
 * the fix, or the distribution has said that it needs none. Undefined where it has said nothing of the kind, as where
 * somebody else speaks, or versions cannot be compared.
 */
export function clearingWord(group: AliasGroup, subject: ClearedSubject): ClearingWord | undefined {
  const { advisories } = group;
  const heard = subject.package.type === "rpm" ? aboutBuild(advisories, subject.package) : advisories;
  const own = heard.filter(isOwnWord).sort(compareReferences);
  const fix = highestFix(own, subject);
  const advisory = fix?.advisory ?? own.find(saysNotAffected);
  if (advisory === undefined) return undefined;
  const id = preferredIdentifier(group);
  return {
    id,
    aliases: group.identifiers.filter((other) => other !== id).sort(compareText),
    kind: fix === undefined ? "not-affected" : "fixed",
    source: advisory.source,
    advisory: advisory.document,
    ...(fix !== undefined && { fixedVersion: fix.version }),
    ...(advisory.note !== undefined && { note: advisory.note }),
  };
}

function saysNotAffected({ ranges, versions = [] }: Advisory): boolean {
  return ranges.length === 0 && versions.length === 0;
}

interface Fix {
  readonly version: string;
  readonly advisory: Advisory;
}

/** The highest fix that the installed version has. */
function highestFix(own: readonly Advisory[], { version, scheme }: ClearedSubject): Fix | undefined {
  let highest: Fix | undefined;
  for (const advisory of own) {
    for (const { fixed } of advisory.ranges) {
      // As a bound, 0 is before all versions, and nobody's fix.
      if (fixed === undefined || fixed === "0") continue;
      try {
        if (scheme.compare(fixed, version) > 0) continue;
        if (highest === undefined || scheme.compare(fixed, highest.version) > 0)
          highest = { version: fixed, advisory };
      } catch (thrown) {
        if (!(thrown instanceof VersionError)) throw thrown;
      }
    }
  }
  return highest;
}
