import { compareSecrets, type ScanReport, type Secret, severities } from "@pratique/core";
import { countBySeverity } from "./open-findings.ts";

/** The secrets that no rule of the user took out of the count, worst first; undefined where nobody looked for any. */
export function secretRows({ secrets }: ScanReport): readonly Secret[] | undefined {
  return secrets?.filter(isOpen).sort(compareSecrets);
}

function isOpen({ suppressed }: Secret): boolean {
  return suppressed === undefined;
}

/** What else there is to say of a secret. */
export function secretMarks({ deleted, confidence }: Secret): readonly string[] {
  return [
    ...(deleted === true ? ["deleted by an upper layer"] : []),
    ...(confidence === "low" ? ["unsure"] : []),
  ];
}

/** `2 secrets: 1 critical, 1 low; 1 suppressed`, or that there are none where somebody looked. */
export function secretSummary(report: ScanReport): string | undefined {
  const { secrets: all } = report;
  if (all === undefined) return undefined;
  const secrets = all.filter(isOpen);
  const hidden = all.length - secrets.length;
  const suppressed = hidden === 0 ? "" : `; ${hidden} suppressed`;
  if (secrets.length === 0) {
    const where = report.assessment.state === "complete" ? "" : " in what could be read";
    return `No secrets${where}${suppressed}`;
  }
  const counts = countBySeverity(secrets);
  const said = severities
    .filter((severity) => counts.has(severity))
    .map((severity) => `${counts.get(severity)} ${severity}`);
  return `${secrets.length} ${secrets.length === 1 ? "secret" : "secrets"}: ${said.join(", ")}${suppressed}`;
}

/** What a format that has no place for secrets says of them; nothing where there are none. */
export function secretsLeftOut(format: string, report: ScanReport): readonly string[] {
  const secrets = secretRows(report) ?? [];
  if (secrets.length === 0) return [];
  const what = secrets.length === 1 ? "1 secret is" : `${secrets.length} secrets are`;
  return [`${format}: ${what} left out, as the format has no place for them`];
}
