import type { ImageFinding } from "@pratique/api";
import { compareSeverity, type Severity } from "@pratique/core";

/** Which findings of an image are shown. */
export interface FindingFilter {
  readonly text: string;
  /** Empty: all. */
  readonly severities: readonly Severity[];
  readonly fixableOnly: boolean;
}

export type FindingColumn = "severity" | "id" | "package" | "epss";

export interface FindingOrder {
  readonly column: FindingColumn;
  readonly direction: "asc" | "desc";
}

/** The findings that pass the filter, in order. `desc` of a severity is worst first. */
export function selectFindings(
  findings: readonly ImageFinding[],
  { text, severities, fixableOnly }: FindingFilter,
  { column, direction }: FindingOrder,
): readonly ImageFinding[] {
  const wanted = text.trim().toLowerCase();
  const sign = direction === "asc" ? 1 : -1;
  return findings
    .filter(({ severity }) => severities.length === 0 || severities.includes(severity))
    .filter(({ fixedVersion }) => !fixableOnly || fixedVersion !== undefined)
    .filter((finding) => wordsOf(finding).some((word) => word.toLowerCase().includes(wanted)))
    .toSorted((left, right) => sign * comparators[column](left, right));
}

const comparators: Readonly<Record<FindingColumn, (left: ImageFinding, right: ImageFinding) => number>> = {
  // Known exploitation outweighs severity: it is the finding to look at first.
  severity: (left, right) =>
    Number(left.knownExploited) - Number(right.knownExploited) ||
    compareSeverity(right.severity, left.severity) ||
    (left.epss ?? 0) - (right.epss ?? 0),
  id: (left, right) => left.id.localeCompare(right.id, "en", { numeric: true }),
  package: (left, right) => left.packageName.localeCompare(right.packageName, "en"),
  epss: (left, right) => (left.epss ?? -1) - (right.epss ?? -1),
};

function wordsOf({ id, aliases, packageName, title }: ImageFinding): readonly string[] {
  return [id, ...aliases, packageName, title ?? ""];
}
