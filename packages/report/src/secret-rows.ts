import { compareSeverity, type ScanReport, type Secret, severities } from "@pratique/core";
import { countBySeverity } from "./open-findings.ts";

/** The secrets of a report, worst first; undefined where nobody looked for any. */
export function secretRows({ secrets }: ScanReport): readonly Secret[] | undefined {
  return secrets?.toSorted(
    (left, right) =>
      compareSeverity(left.severity, right.severity) ||
      Number(left.confidence === "low") - Number(right.confidence === "low"),
  );
}

/** Where a secret lies, in one text: `srv/app/.env:3`, `step 4 of the history`. */
export function secretPlace({ where, path, line }: Secret): string {
  const at = line === undefined ? "" : String(line);
  switch (where) {
    case "layer":
      return at === "" ? (path ?? "") : `${path ?? ""}:${at}`;
    case "history":
      return `step ${at} of the history`;
    case "environment":
      return `variable ${at} of the environment`;
  }
}

/** What else there is to say of a secret. */
export function secretMarks({ deleted, confidence }: Secret): readonly string[] {
  return [
    ...(deleted === true ? ["deleted by an upper layer"] : []),
    ...(confidence === "low" ? ["unsure"] : []),
  ];
}

/** `2 secrets: 1 critical, 1 low`, or that there are none where somebody looked. */
export function secretSummary(report: ScanReport): string | undefined {
  const { secrets } = report;
  if (secrets === undefined) return undefined;
  if (secrets.length === 0) {
    return report.assessment.state === "complete" ? "No secrets" : "No secrets in what could be read";
  }
  const counts = countBySeverity(secrets);
  const said = severities
    .filter((severity) => counts.has(severity))
    .map((severity) => `${counts.get(severity)} ${severity}`);
  return `${secrets.length} ${secrets.length === 1 ? "secret" : "secrets"}: ${said.join(", ")}`;
}

/** What a format that has no place for secrets says of them; nothing where there are none. */
export function secretsLeftOut(format: string, { secrets = [] }: ScanReport): readonly string[] {
  if (secrets.length === 0) return [];
  const what = secrets.length === 1 ? "1 secret is" : `${secrets.length} secrets are`;
  return [`${format}: ${what} left out, as the format has no place for them`];
}
