import { type ScanReport, type Secret, secretPlace, severities } from "@pratique/core";
import { baseWord, layerGroups } from "../../layer-groups.ts";
import {
  type LicenseRow,
  licenseName,
  licenseRows,
  licenseSummary,
  packagesText,
} from "../../license-rows.ts";
import { countBySeverity, suppressedCount } from "../../open-findings.ts";
import type { RenderContext, ReportFormat } from "../../report-format.ts";
import { type FindingRow, findingRows, statusWords } from "../../rows.ts";
import { secretMarks, secretRows, secretSummary } from "../../secret-rows.ts";
import { cellText, type Look, paint, paintSeverity, printable } from "../../style.ts";
import { suppressedLines } from "../../suppressed.ts";
import { textTable } from "../../text-table.ts";

/** So many reasons are listed; a count stands for the rest. */
const MAX_REASONS = 10;

/** So many layers are listed. */
const MAX_LAYERS = 5;

const UNVERIFIED = "layers were read in part, and not checked against their digests (--verify-layers does)";

/** The report that people read: what was scanned, how far it could be judged, what was found. */
export const table: ReportFormat = {
  name: "table",
  description: "what people read in a terminal",
  render: (report, context) => tableText(report, context),
};

function* tableText(report: ScanReport, { look, showSuppressed, sort }: RenderContext): Generator<string> {
  const rows = findingRows(report, { sort });
  yield `${heading(report, look)}\n\n`;
  const assessment = assessmentLines(report, look);
  if (assessment !== "") yield `${assessment}\n\n`;
  if (rows.length > 0) {
    const byRisk = sort === "risk";
    yield* textTable(rows, {
      head: byRisk ? ["risk", ...head] : head,
      cellsOf: (row) => [...(byRisk ? [riskCell(row)] : []), ...cellsOf(row, look)],
      look,
    });
    yield "\n";
    yield layerLines(report, rows, look);
  }
  const secrets = secretRows(report) ?? [];
  if (secrets.length > 0) {
    yield* textTable(secrets, { head: secretHead, cellsOf: (secret) => secretCells(secret, look), look });
    yield "\n";
  }
  const licenses = licenseRows(report) ?? [];
  if (licenses.length > 0) {
    yield* textTable(licenses, { head: licenseHead, cellsOf: (row) => licenseCells(row, look), look });
    yield "\n";
  }
  const suppressed = showSuppressed === true ? suppressedLines(report, look) : "";
  if (suppressed !== "") yield `${suppressed}\n\n`;
  yield `${summary(report, rows, look)}\n`;
}

function heading({ target, packages }: ScanReport, { color }: Look): string {
  const distro =
    target.distro === undefined ? "no distribution" : `${target.distro.id} ${target.distro.version}`;
  const facts = [distro.trim(), `${packages.length} ${plural(packages.length, "package")}`];
  const digest = target.digest ?? target.imageId;
  const lines = [
    `${paint("bold", printable(target.reference), color)}  ${printable(facts.join(", "))}`,
    ...(digest === undefined ? [] : [paint("gray", digest, color)]),
    ...(target.layersVerified === false ? [paint("gray", UNVERIFIED, color)] : []),
  ];
  return lines.join("\n");
}

function assessmentLines({ assessment }: ScanReport, { color }: Look): string {
  if (assessment.state === "complete" && assessment.reasons.length === 0) return "";
  const title = {
    complete: "Assessed, with remarks:",
    partial: "Only partly assessed:",
    none: "Could not be assessed:",
  }[assessment.state];
  const shown = assessment.reasons.slice(0, MAX_REASONS).map(({ message, path }) => {
    const place = path === undefined ? "" : ` (${path})`;
    return `  - ${printable(`${message}${place}`)}`;
  });
  const more = assessment.reasons.length - shown.length;
  const rest = more > 0 ? [`  - and ${more} more (see --format json)`] : [];
  return [paint("yellow", title, color), ...shown, ...rest].join("\n");
}

const head = ["severity", "vulnerability", "package", "installed", "fixed in", ""];

function cellsOf({ finding, name, version, packages }: FindingRow, look: Look): string[] {
  const others = packages.length > 1 ? ` (${packages.length})` : "";
  const remark = finding.note === undefined ? "" : ` (${finding.note})`;
  const fixed = finding.fixedVersion ?? `${statusWords[finding.status]}${remark}`;
  const marks = [
    ...(finding.knownExploited ? [paint(["bold", "red"], "exploited", look.color)] : []),
    ...(finding.epss === undefined ? [] : [`${(finding.epss * 100).toFixed(1)} %`]),
    ...(finding.confidence === "low" ? ["unsure"] : []),
  ];
  return [
    paintSeverity(finding.severity, look),
    cellText(finding.id),
    cellText(`${name}${others}`),
    cellText(version),
    cellText(fixed),
    marks.join(" "),
  ];
}

function riskCell({ finding }: FindingRow): string {
  return finding.risk === undefined ? "" : String(finding.risk.score);
}

/** Which layers to mend. */
function layerLines(report: ScanReport, rows: readonly FindingRow[], { width, color }: Look): string {
  const groups = layerGroups(report, rows);
  if (groups.length === 0) return "";
  const lines = groups.slice(0, MAX_LAYERS).map(({ findings, place, fromBase, instruction = "" }) => {
    const whose = baseWord(fromBase);
    const text = `  ${String(findings).padStart(5)}  layer ${place}${whose === "" ? "" : ` (${whose})`}  ${instruction}`;
    return printable(text.length > width ? `${text.slice(0, width - 1).toWellFormed()}…` : text).trimEnd();
  });
  const more = groups.length - lines.length;
  const rest = more > 0 ? [`         and ${more} more ${plural(more, "layer")}`] : [];
  return `${[paint("bold", "Brought by", color), ...lines, ...rest].join("\n")}\n\n`;
}

const secretHead = ["severity", "secret", "where", "match", ""];

function secretCells(secret: Secret, look: Look): string[] {
  return [
    paintSeverity(secret.severity, look),
    cellText(secret.title),
    cellText(secretPlace(secret)),
    cellText(secret.match),
    secretMarks(secret).join(", "),
  ];
}

const licenseHead = ["severity", "category", "license", "packages"];

function licenseCells(row: LicenseRow, look: Look): string[] {
  return [
    paintSeverity(row.severity, look),
    row.category,
    cellText(licenseName(row.license)),
    cellText(packagesText(row)),
  ];
}

function summary(report: ScanReport, rows: readonly FindingRow[], { color }: Look): string {
  const suppressed = suppressedCount(report);
  const bySeverity = countBySeverity(rows.map(({ finding }) => finding));
  const counts = severities
    .filter((severity) => bySeverity.has(severity))
    .map((severity) => `${bySeverity.get(severity)} ${severity}`);
  const fixable = rows.filter(({ finding }) => finding.status === "fixed").length;
  const text =
    rows.length === 0
      ? noFindings(report)
      : `${rows.length} ${plural(rows.length, "vulnerability", "vulnerabilities")}: ${counts.join(", ")}; ${fixable} with a fix`;
  const hidden = suppressed === 0 ? "" : `; ${suppressed} suppressed`;
  const besides = [secretSummary(report), licenseSummary(report)].filter((line) => line !== undefined);
  const more = besides.map((line) => `\n${paint("bold", line, color)}`).join("");
  return `${paint("bold", text, color)}${hidden}${more}${advisoryLine(report)}`;
}

/** Nothing found is only good news where all was looked at. */
function noFindings({ assessment }: ScanReport): string {
  if (assessment.state === "complete") return "No known vulnerabilities";
  return "No known vulnerabilities in what could be assessed";
}

function advisoryLine({ assessment }: ScanReport): string {
  if (assessment.advisories.length === 0) return "";
  const sources = assessment.advisories.map(({ source, builtAt, stale, coverage }) => {
    const marks = [...(coverage === "starter" ? ["starter set"] : []), ...(stale ? ["stale"] : [])];
    return `${source} of ${builtAt.slice(0, 10)}${marks.length > 0 ? ` (${marks.join(", ")})` : ""}`;
  });
  const wanting = assessment.advisories.some(({ coverage, stale }) => coverage === "starter" || stale);
  const advice = wanting ? "\nBring in current ones: pratique advisories update" : "";
  return `\nAdvisories: ${printable(sources.join(", "))}${advice}`;
}

function plural(count: number, one: string, many = `${one}s`): string {
  return count === 1 ? one : many;
}
