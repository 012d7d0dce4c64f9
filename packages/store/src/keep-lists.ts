import {
  type AssessmentCode,
  type AssessmentReason,
  type Package,
  type ScanReport,
  type SoughtList,
  soughtLists,
  soughtRevisions,
} from "@pratique/core";

/** Whoever could not read all of an image has not looked through all of it. */
const OF_READING: readonly AssessmentCode[] = [
  "ARCHIVE_DAMAGED",
  "FILE_UNREADABLE",
  "LIMIT_REACHED",
  "PATH_UNSAFE",
];

/**
 * A report with the lists of another one of the same image that it has not, or by older rules: who looked for less has not
 * found less. An image is the same whoever looks, so that what was found stays true; whether newer rules find more is not
 * known until somebody looks by them.
 */
export function keepLists(report: ScanReport, held: ScanReport | undefined): ScanReport {
  if (held === undefined || !isVerified(report) || !isVerified(held)) return report;
  let kept = report;
  for (const list of soughtLists) {
    if (!knowsMore(held, report, list)) continue;
    if (list === "secrets") kept = withSecrets(kept, held);
    else if (tellsOfAll(held, report.packages)) kept = withLicenses(kept, held);
  }
  return kept;
}

/** Whether no other report of the image can know more of what can be asked for. */
export function knowsAll(report: ScanReport): boolean {
  return soughtLists.every((list) => revisionOf(report, list) === soughtRevisions[list]);
}

/** What was read without holding it against the image id may be of another image. */
function isVerified({ target }: ScanReport): boolean {
  return target.layersVerified !== false;
}

function knowsMore(held: ScanReport, report: ScanReport, list: SoughtList): boolean {
  return revisionOf(held, list) > revisionOf(report, list);
}

/**
 * 0 for a list that is there by nobody knows which rules, less where there is none. Rules that are newer than those of this
 * program count as these: otherwise, who makes up a revision would have the last word for ever.
 */
function revisionOf(report: ScanReport, list: SoughtList): number {
  if (report[list] === undefined) return -1;
  return Math.min(report.rules?.[list] ?? 0, soughtRevisions[list]);
}

function withSecrets(report: ScanReport, held: ScanReport): ScanReport {
  return {
    ...withRules(report, held, "secrets"),
    ...(held.secrets !== undefined && { secrets: held.secrets }),
  };
}

/** Each package has a licence in the list, or is said to have none: one that it does not name nobody looked at. */
function tellsOfAll({ licenses = [] }: ScanReport, packages: readonly Package[]): boolean {
  const told = new Set(licenses.map(({ packageId }) => packageId));
  return packages.every(({ id }) => told.has(id));
}

function withLicenses(report: ScanReport, held: ScanReport): ScanReport {
  const told = new Map(held.packages.map(({ id, licenses }) => [id, licenses]));
  const packages = report.packages.map(({ licenses: _licenses, ...rest }) => {
    const licenses = told.get(rest.id);
    return licenses === undefined ? rest : { ...rest, licenses };
  });
  const ids = new Set(packages.map(({ id }) => id));
  const licenses = held.licenses?.filter(({ packageId }) => ids.has(packageId));
  return {
    ...withRules(report, held, "licenses"),
    packages,
    ...(licenses !== undefined && { licenses }),
  };
}

/** A report by the rules that another one was made by, and with what kept the list of that from being whole. */
function withRules(report: ScanReport, held: ScanReport, list: SoughtList): ScanReport {
  const { [list]: _, ...others } = report.rules ?? {};
  const revision = held.rules?.[list];
  const rules = revision === undefined ? others : { ...others, [list]: revision };
  const { rules: __, ...rest } = report;
  return {
    ...rest,
    assessment: assessedWith(report, reasonsFor(report, held, list)),
    ...(Object.keys(rules).length > 0 && { rules }),
  };
}

function reasonsFor(report: ScanReport, held: ScanReport, list: SoughtList): readonly AssessmentReason[] {
  const own = report.assessment.reasons.filter((reason) => reason.list !== list);
  const known = new Set(own.map(keyOf));
  const theirs = held.assessment.reasons.filter((reason) =>
    reason.list === undefined
      ? OF_READING.includes(reason.code) && !known.has(keyOf(reason))
      : reason.list === list,
  );
  return [...own, ...theirs.map((reason) => ({ ...reason, list }))];
}

function assessedWith(
  { assessment }: ScanReport,
  reasons: readonly AssessmentReason[],
): ScanReport["assessment"] {
  if (reasons.length === 0) return { ...assessment, state: "complete", reasons };
  return { ...assessment, state: assessment.state === "complete" ? "partial" : assessment.state, reasons };
}

function keyOf({ code, message, path }: AssessmentReason): string {
  return JSON.stringify([code, message, path]);
}
