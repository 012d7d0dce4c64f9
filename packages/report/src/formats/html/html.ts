import { createHash } from "node:crypto";
import {
  type Package,
  type ScanReport,
  type Secret,
  type Severity,
  secretPlace,
  severities,
} from "@pratique/core";
import { assessmentWords, reasonText } from "../../assessment-words.ts";
import { baseWord } from "../../layer-groups.ts";
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
import { suppressedRows } from "../../suppressed.ts";
import { vulnerabilityPage } from "../../vulnerability-page.ts";
import { xmlText } from "../../xml-text.ts";
import { pageStyle } from "./page-style.ts";

/**
 * One page that needs nothing besides, for browsers and archives. It has no script, and its policy allows none: what
 * is shown is chosen with check boxes that the style sheet reads.
 */
export const html: ReportFormat = {
  name: "html",
  description: "one page for browsers, with nothing to load",
  render: pageOf,
};

/** Allows this one style sheet, and nothing else. */
const POLICY = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(pageStyle).digest("base64")}'; base-uri 'none'; form-action 'none'`;

function* pageOf(report: ScanReport, { version, sort, showSuppressed }: RenderContext): Generator<string> {
  const rows = findingRows(report, { sort });
  const { target, scannedAt } = report;
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>Scan of ${xmlText(target.reference)}</title>
<style>${pageStyle}</style>
</head>
<body>
<header>
<p class="brand">Pratique image scan</p>
<h1>${xmlText(target.reference)}</h1>
${factsOf(report)}</header>
<main>
${assessmentOf(report)}${tilesOf(report, rows)}`;
  yield* findingsOf(rows);
  if (showSuppressed === true) yield* suppressedOf(report);
  yield* secretsOf(report);
  yield* licensesOf(report);
  yield* packagesOf(report.packages);
  yield `</main>
<footer><p>Pratique ${xmlText(version)}, ${timeOf(scannedAt)}</p>${sourcesOf(report)}</footer>
</body>
</html>
`;
}

function factsOf({ target, packages }: ScanReport): string {
  const distro = target.distro === undefined ? "none" : `${target.distro.id} ${target.distro.version}`.trim();
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["Distribution", distro],
    ["Platform", target.platform],
    ["Packages", String(packages.length)],
    ["Digest", target.digest],
    ["Image id", target.imageId === target.digest ? undefined : target.imageId],
  ];
  const items = facts
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `<div><dt>${name}</dt><dd>${xmlText(value ?? "")}</dd></div>\n`);
  return `<dl class="facts">\n${items.join("")}</dl>\n`;
}

function assessmentOf({ assessment, target }: ScanReport): string {
  const notes = [
    ...assessment.reasons.map(reasonText),
    ...(target.layersVerified === false ? ["layers were not checked against their digests"] : []),
  ];
  const items = notes.map((note) => `<li>${xmlText(note)}</li>\n`).join("");
  const list = notes.length === 0 ? "" : `<ul>\n${items}</ul>\n`;
  return `<section class="assessment ${assessment.state}" aria-labelledby="assessment">
<h2 id="assessment">${assessmentWords[assessment.state]}</h2>
${list}</section>
`;
}

function tilesOf(report: ScanReport, rows: readonly FindingRow[]): string {
  const hidden = suppressedCount(report);
  const suppressed =
    hidden === 0 ? "" : ` ${hidden} ${hidden === 1 ? "finding is" : "findings are"} suppressed.`;
  const counts = countBySeverity(rows.map(({ finding }) => finding));
  const tiles = severities.map(
    (severity) =>
      `<li class="tile ${severity}"><span class="count">${counts.get(severity) ?? 0}</span> ${severity}</li>\n`,
  );
  return `<section aria-labelledby="summary">
<h2 id="summary">${headlineOf(report, rows)}</h2>
<ul class="tiles">
${tiles.join("")}</ul>
<p>${rows.filter(({ finding }) => finding.status === "fixed").length} with a fix.${suppressed}</p>
</section>
`;
}

function headlineOf({ assessment }: ScanReport, rows: readonly FindingRow[]): string {
  if (rows.length > 0)
    return `${rows.length} known ${rows.length === 1 ? "vulnerability" : "vulnerabilities"}`;
  return assessment.state === "complete"
    ? "No known vulnerabilities"
    : "No known vulnerabilities in what could be assessed";
}

function* findingsOf(rows: readonly FindingRow[]): Generator<string> {
  if (rows.length === 0) return;
  const shown = severities.filter((severity) => rows.some(({ finding }) => finding.severity === severity));
  yield `<section aria-labelledby="findings">
<h2 id="findings">Findings</h2>
<fieldset class="filter">
<legend>Show</legend>
${shown.map(checkBox).join("")}<label><input type="checkbox" id="only-fixed"> only with a fix</label>
</fieldset>
<div class="wide" role="region" aria-labelledby="findings" tabindex="0">
<table class="findings">
<thead><tr><th scope="col">Severity</th><th scope="col">Vulnerability</th><th scope="col">Package</th><th scope="col">Installed</th><th scope="col">Fixed in</th><th scope="col">Notes</th></tr></thead>
<tbody>
`;
  for (const row of rows) yield rowOf(row);
  yield "</tbody>\n</table>\n</div>\n</section>\n";
}

function* suppressedOf(report: ScanReport): Generator<string> {
  const rows = suppressedRows(report);
  if (rows.length === 0) return;
  yield `<section aria-labelledby="suppressed">
<h2 id="suppressed">Suppressed</h2>
<div class="wide" role="region" aria-labelledby="suppressed" tabindex="0">
<table>
<thead><tr><th scope="col">Severity</th><th scope="col">Finding</th><th scope="col">Where</th><th scope="col">Installed</th><th scope="col">Suppressed by</th></tr></thead>
<tbody>
`;
  for (const { id, severity, name, version, by } of rows) {
    yield `<tr><td>${severity}</td><td>${xmlText(id)}</td><td>${xmlText(name)}</td><td><code>${xmlText(version)}</code></td><td>${xmlText(by)}</td></tr>\n`;
  }
  yield "</tbody>\n</table>\n</div>\n</section>\n";
}

function checkBox(severity: Severity): string {
  return `<label><input type="checkbox" id="show-${severity}" checked> ${severity}</label>\n`;
}

function rowOf({ finding, name, version, packages }: FindingRow): string {
  const { id, severity, status, fixedVersion, title } = finding;
  const others = packages.length > 1 ? ` <span class="quiet">(${packages.length} packages)</span>` : "";
  const fixed =
    fixedVersion === undefined
      ? `<span class="quiet">${statusWords[status]}</span>`
      : `<code>${xmlText(fixedVersion)}</code>`;
  const about = title === undefined ? "" : `<div class="quiet">${xmlText(title)}</div>`;
  const cells = [
    `<td><span class="mark ${severity}">${severity}</span></td>`,
    `<td><a href="${vulnerabilityPage(id)}" rel="noreferrer">${xmlText(id)}</a>${about}</td>`,
    `<td>${xmlText(name)}${others}${originNote(finding)}</td>`,
    `<td><code>${xmlText(version)}</code></td>`,
    `<td>${fixed}</td>`,
    `<td>${notesOf(finding)}</td>`,
  ];
  return `<tr class="${severity}${fixedVersion === undefined ? "" : " fixed"}">${cells.join("")}</tr>\n`;
}

function originNote({ instruction, fromBase }: FindingRow["finding"]): string {
  const words = [baseWord(fromBase), instruction ?? ""].filter((word) => word !== "");
  return words.length === 0 ? "" : `<div class="quiet">${xmlText(words.join(": "))}</div>`;
}

/** The parts of the score that have points. */
function riskNote({ risk }: FindingRow["finding"]): readonly string[] {
  if (risk === undefined) return [];
  const terms = risk.terms.filter(({ points }) => points !== 0);
  const why = terms
    .map(({ name, value, points }) => `${name} ${value} ${points > 0 ? "+" : ""}${points}`)
    .join(", ");
  return [`<details><summary>risk ${risk.score}</summary>${xmlText(why)}</details>`];
}

function notesOf(finding: FindingRow["finding"]): string {
  const { knownExploited, epss, confidence } = finding;
  const notes = [
    ...(knownExploited ? ['<strong class="exploited">exploited</strong>'] : []),
    ...(epss === undefined
      ? []
      : [
          `<abbr title="probability of exploitation in the next 30 days">EPSS</abbr> ${(epss * 100).toFixed(1)} %`,
        ]),
    ...(confidence === "low" ? ["unsure"] : []),
  ];
  return [notes.join(", "), ...riskNote(finding)].join(" ");
}

function* secretsOf(report: ScanReport): Generator<string> {
  const summary = secretSummary(report);
  if (summary === undefined) return;
  yield `<section aria-labelledby="secrets">\n<h2 id="secrets">${summary}</h2>\n`;
  const secrets = secretRows(report) ?? [];
  if (secrets.length > 0) {
    yield `<div class="wide" role="region" aria-labelledby="secrets" tabindex="0">
<table>
<thead><tr><th scope="col">Severity</th><th scope="col">Secret</th><th scope="col">Where</th><th scope="col">Match</th><th scope="col">Notes</th></tr></thead>
<tbody>
`;
    for (const secret of secrets) yield secretRow(secret);
    yield "</tbody>\n</table>\n</div>\n";
  }
  yield "</section>\n";
}

function secretRow(secret: Secret): string {
  const { severity, title, match } = secret;
  const cells = [
    `<td><span class="mark ${severity}">${severity}</span></td>`,
    `<td>${xmlText(title)}</td>`,
    `<td>${xmlText(secretPlace(secret))}</td>`,
    `<td><code>${xmlText(match)}</code></td>`,
    `<td>${secretMarks(secret).join(", ")}</td>`,
  ];
  return `<tr class="${severity}">${cells.join("")}</tr>\n`;
}

function* licensesOf(report: ScanReport): Generator<string> {
  const summary = licenseSummary(report);
  if (summary === undefined) return;
  yield `<section aria-labelledby="licenses">\n<h2 id="licenses">${summary}</h2>\n`;
  const rows = licenseRows(report) ?? [];
  if (rows.length > 0) {
    yield `<div class="wide" role="region" aria-labelledby="licenses" tabindex="0">
<table>
<thead><tr><th scope="col">Severity</th><th scope="col">Category</th><th scope="col">License</th><th scope="col">Packages</th></tr></thead>
<tbody>
`;
    for (const row of rows) yield licenseLine(row);
    yield "</tbody>\n</table>\n</div>\n";
  }
  yield "</section>\n";
}

function licenseLine(row: LicenseRow): string {
  const { severity, category, license } = row;
  const cells = [
    `<td><span class="mark ${severity}">${severity}</span></td>`,
    `<td>${category}</td>`,
    `<td>${xmlText(licenseName(license))}</td>`,
    `<td>${xmlText(packagesText(row))}</td>`,
  ];
  return `<tr class="${severity}">${cells.join("")}</tr>\n`;
}

function* packagesOf(packages: readonly Package[]): Generator<string> {
  if (packages.length === 0) return;
  yield `<section aria-labelledby="packages">
<h2 id="packages">Packages</h2>
<details>
<summary>Show all ${packages.length}</summary>
<div class="wide" role="region" aria-labelledby="packages" tabindex="0">
<table>
<thead><tr><th scope="col">Package</th><th scope="col">Version</th><th scope="col">Type</th><th scope="col">Found in</th></tr></thead>
<tbody>
`;
  for (const { name, version, type, paths } of packages) {
    yield `<tr><td>${xmlText(name)}</td><td><code>${xmlText(version)}</code></td><td>${type}</td><td>${xmlText(paths.join(", "))}</td></tr>\n`;
  }
  yield "</tbody>\n</table>\n</div>\n</details>\n</section>\n";
}

function sourcesOf({ assessment }: ScanReport): string {
  if (assessment.advisories.length === 0) return "";
  const sources = assessment.advisories.map(({ source, builtAt, stale, coverage }) => {
    const marks = [...(coverage === "starter" ? ["starter set"] : []), ...(stale ? ["stale"] : [])];
    return `${source} of ${builtAt.slice(0, 10)}${marks.length > 0 ? ` (${marks.join(", ")})` : ""}`;
  });
  return `<p>Advisories: ${xmlText(sources.join(", "))}</p>`;
}

function timeOf(time: string): string {
  return `<time datetime="${xmlText(time)}">${xmlText(`${time.slice(0, 16).replace("T", " ")} UTC`)}</time>`;
}
