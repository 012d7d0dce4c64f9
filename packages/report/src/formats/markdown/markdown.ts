import { type ScanReport, type Secret, secretPlace, severities } from "@pratique/core";
import { assessmentWords, reasonText } from "../../assessment-words.ts";
import {
  type LicenseRow,
  licenseName,
  licenseRows,
  licenseSummary,
  packagesText,
} from "../../license-rows.ts";
import { codeSpan } from "../../markdown-text.ts";
import { countBySeverity, suppressedCount } from "../../open-findings.ts";
import type { RenderContext, ReportFormat } from "../../report-format.ts";
import { type FindingRow, findingRows, statusWords } from "../../rows.ts";
import { secretMarks, secretRows, secretSummary } from "../../secret-rows.ts";
import { suppressedRows } from "../../suppressed.ts";
import { vulnerabilityPage } from "../../vulnerability-page.ts";

/** A table for comments and summaries of builds, in GitHub's and GitLab's Markdown. */
export const markdown: ReportFormat = {
  name: "markdown",
  description: "Markdown, for comments and summaries of builds",
  render: textOf,
};

function* textOf(report: ScanReport, { sort, showSuppressed }: RenderContext): Generator<string> {
  const { target, packages, assessment } = report;
  const rows = findingRows(report, { sort });
  const distro = target.distro === undefined ? "" : `${target.distro.id} ${target.distro.version}`.trim();
  yield `## Scan of ${codeSpan(target.reference)}\n\n`;
  yield `${distro === "" ? "No distribution" : codeSpan(distro)}, ${packages.length} packages`;
  yield target.digest === undefined ? "\n\n" : `, ${codeSpan(target.digest)}\n\n`;
  if (assessment.reasons.length > 0) {
    yield `**${assessmentWords[assessment.state]}:**\n\n`;
    for (const reason of assessment.reasons) yield `- ${codeSpan(reasonText(reason))}\n`;
    yield "\n";
  }
  yield `**${summaryOf(report, rows)}**\n`;
  if (rows.length > 0) {
    yield "\n| Severity | Vulnerability | Package | Installed | Fixed in | |\n|---|---|---|---|---|---|\n";
    for (const row of rows) yield lineOf(row);
  }
  yield* secretsOf(report);
  yield* licensesOf(report);
  if (showSuppressed === true) yield* suppressedText(report);
}

function* suppressedText(report: ScanReport): Generator<string> {
  const rows = suppressedRows(report);
  if (rows.length === 0) return;
  yield "\n**Suppressed:**\n\n";
  for (const { id, severity, name, version, by } of rows) {
    yield `- ${codeSpan(id)} (${severity}) in ${codeSpan(`${name} ${version}`.trim())}: ${codeSpan(by)}\n`;
  }
}

function* secretsOf(report: ScanReport): Generator<string> {
  const summary = secretSummary(report);
  if (summary === undefined) return;
  yield `\n**${summary}**\n`;
  const secrets = secretRows(report) ?? [];
  if (secrets.length === 0) return;
  yield "\n| Severity | Secret | Where | Match | |\n|---|---|---|---|---|\n";
  for (const secret of secrets) yield secretLine(secret);
}

function secretLine(secret: Secret): string {
  const cells = [
    secret.severity,
    codeSpan(secret.title),
    codeSpan(secretPlace(secret)),
    codeSpan(secret.match),
    secretMarks(secret).join(", "),
  ];
  return `| ${cells.join(" | ")} |\n`;
}

function* licensesOf(report: ScanReport): Generator<string> {
  const summary = licenseSummary(report);
  if (summary === undefined) return;
  yield `\n**${summary}**\n`;
  const rows = licenseRows(report) ?? [];
  if (rows.length === 0) return;
  yield "\n| Severity | Category | License | Packages |\n|---|---|---|---|\n";
  for (const row of rows) yield licenseLine(row);
}

function licenseLine(row: LicenseRow): string {
  const cells = [row.severity, row.category, codeSpan(licenseName(row.license)), codeSpan(packagesText(row))];
  return `| ${cells.join(" | ")} |\n`;
}

function summaryOf(report: ScanReport, rows: readonly FindingRow[]): string {
  const hidden = suppressedCount(report);
  const suppressed = hidden === 0 ? "" : `; ${hidden} suppressed`;
  if (rows.length === 0) {
    const where = report.assessment.state === "complete" ? "" : " in what could be assessed";
    return `No known vulnerabilities${where}${suppressed}`;
  }
  const counts = countBySeverity(rows.map(({ finding }) => finding));
  const parts = severities.filter((severity) => counts.has(severity));
  const said = parts.map((severity) => `${counts.get(severity)} ${severity}`).join(", ");
  return `${rows.length} ${rows.length === 1 ? "vulnerability" : "vulnerabilities"}: ${said}${suppressed}`;
}

function lineOf({ finding, name, version, packages }: FindingRow): string {
  const others = packages.length > 1 ? ` (${packages.length})` : "";
  const fixed =
    finding.fixedVersion === undefined ? statusWords[finding.status] : codeSpan(finding.fixedVersion);
  const marks = [
    ...(finding.knownExploited ? ["**exploited**"] : []),
    ...(finding.epss === undefined ? [] : [`${(finding.epss * 100).toFixed(1)} %`]),
    ...(finding.confidence === "low" ? ["unsure"] : []),
  ];
  const cells = [
    finding.severity,
    `[${codeSpan(finding.id)}](${vulnerabilityPage(finding.id)})`,
    `${codeSpan(name)}${others}`,
    codeSpan(version),
    fixed,
    marks.join(" "),
  ];
  return `| ${cells.join(" | ")} |\n`;
}
