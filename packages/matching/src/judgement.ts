import type { Advisory, FindingStatus } from "@pratique/core";
import { isAffected, VersionError, type VersionScheme } from "@pratique/versioning";
import { compareReferences } from "./identifier.ts";

/** What holds for one version and one vulnerability. No judgement at all means "not affected". */
export type Judgement =
  | {
      readonly kind: "affected";
      readonly status: FindingStatus;
      readonly fixedVersion?: string;
      /** What is to be told beside it; the advisory's own note where absent. */
      readonly note?: string;
      /** The advisory whose word decided. */
      readonly advisory: Advisory;
    }
  /** Nobody says "affected", and somebody's word could not be understood. */
  | { readonly kind: "unparsed"; readonly advisory: Advisory; readonly message: string };

/** An installed version, and how versions of its kind are ordered. */
export interface Installed {
  readonly version: string;
  readonly scheme: VersionScheme;
}

/** The advisories that call the installed version affected, best reference first, and one that nobody understands. */
export interface Hearing {
  readonly affected: readonly Advisory[];
  readonly unparsed?: Extract<Judgement, { kind: "unparsed" }>;
}

/** Most advisories are about other versions: their answer is not made anew each time. */
const SILENCE: Hearing = { affected: [] };

/** Asks each advisory about the installed version. */
export function hear(advisories: readonly Advisory[], { scheme, version }: Installed): Hearing {
  let affected: Advisory[] | undefined;
  let unparsed: Hearing["unparsed"];
  for (const advisory of advisories) {
    try {
      if (!isAffected(scheme, version, advisory)) continue;
      if (affected === undefined) affected = [advisory];
      else affected.push(advisory);
    } catch (error) {
      if (!(error instanceof VersionError)) throw error;
      unparsed ??= { kind: "unparsed", advisory, message: error.message };
    }
  }
  if (affected === undefined && unparsed === undefined) return SILENCE;
  const sorted = affected?.sort(compareReferences) ?? [];
  return unparsed === undefined ? { affected: sorted } : { affected: sorted, unparsed };
}

/** Without a fix, the word that hides least goes first. */
const OPENNESS: readonly FindingStatus[] = [
  "affected",
  "under-investigation",
  "fix-deferred",
  "will-not-fix",
  "end-of-life",
];

/** The judgement where no fix is known: the most open of the states that are given. */
export function judgeUnfixed(affected: readonly Advisory[]): Judgement | undefined {
  for (const status of OPENNESS) {
    const advisory = affected.find((candidate) => openStatus(candidate) === status);
    if (advisory !== undefined) return { kind: "affected", status, advisory };
  }
  return undefined;
}

/** An advisory that has a fix elsewhere, in another branch or below this version, has none for this one. */
function openStatus({ status }: Advisory): FindingStatus {
  return status === "fixed" ? "affected" : status;
}
