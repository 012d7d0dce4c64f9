import type { FindingStatus, VersionRange } from "@pratique/core";
import type { Statement } from "./tracked-cve.ts";

/** What a line of the tracker means for those who have the package. */
export interface Meaning {
  readonly ranges: readonly VersionRange[];
  readonly status: FindingStatus;
  /** The tracker's own word where `status` says less. */
  readonly note?: string;
  /** What is wrong with the line. The package is then taken for affected: a doubt is never "safe". */
  readonly doubt?: string;
}

/** Every version that there is. */
const OPEN: readonly VersionRange[] = [{}];
/** A Debian version (deb-version(7)), which begins with a digit. */
const VERSION = /^\d[\w.+:~-]*$/u;
const GIVEN_UP = /end[ -]of[ -](?:life|(?:standard |esm )?support)|out of (?:standard )?support/iu;

/**
 * Reads the states of the tracker (README of ubuntu-cve-tracker, "Statuses"). Undefined for `DNE`, where the release
 * has no such package.
 */
export function meaningOf({ status, detail }: Statement): Meaning | undefined {
  const note = detail === undefined ? status : `${status}: ${detail}`;
  switch (status) {
    case "DNE":
      return undefined;
    case "not-affected":
      return { ranges: [], status: "affected" };
    case "released":
      if (detail !== undefined && VERSION.test(detail))
        return { ranges: [{ fixed: detail }], status: "fixed" };
      return {
        ranges: OPEN,
        status: "affected",
        note,
        doubt: `expected a version, found ${JSON.stringify(note)}`,
      };
    case "needed":
    case "active":
    case "in-progress":
      return { ranges: OPEN, status: "affected", ...(detail !== undefined && { note }) };
    case "pending":
      // The fix is made and not yet to be had, so that nobody can update to it.
      return { ranges: OPEN, status: "affected", note };
    case "deferred":
      return { ranges: OPEN, status: "fix-deferred", ...(detail !== undefined && { note }) };
    case "needs-triage":
      return { ranges: OPEN, status: "under-investigation", ...(detail !== undefined && { note }) };
    case "ignored":
      return { ranges: OPEN, status: GIVEN_UP.test(detail ?? "") ? "end-of-life" : "will-not-fix", note };
    default:
      return {
        ranges: OPEN,
        status: "under-investigation",
        note,
        doubt: `unknown status ${JSON.stringify(status)}`,
      };
  }
}
