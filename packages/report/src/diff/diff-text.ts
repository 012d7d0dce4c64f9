import { severities } from "@pratique/core";
import { assessmentWords, reasonText } from "../assessment-words.ts";
import { inTurn, jsonText } from "../json-text.ts";
import { countBySeverity } from "../open-findings.ts";
import { statusWords } from "../rows.ts";
import { cellText, type Look, paint, paintSeverity, printable } from "../style.ts";
import { textTable } from "../text-table.ts";
import type { DiffCause, DiffFinding, DiffSide, PackageChange, ReportDiff } from "./report-diff.ts";

/** So many reasons of each side are listed; a count stands for the rest. */
const MAX_REASONS = 5;

/** The difference as JSON, in pieces: see `docs/reference/formats.md`. */
export function diffJson(diff: ReportDiff): Iterable<string> {
  const { packages, findings } = diff;
  return jsonText({
    ...diff,
    packages: {
      added: inTurn(packages.added),
      removed: inTurn(packages.removed),
      changed: inTurn(packages.changed),
    },
    findings: { new: inTurn(findings.new), gone: inTurn(findings.gone), still: inTurn(findings.still) },
  });
}

/** The difference for people, in pieces. What is still there is counted and not listed. */
export function* diffTable(diff: ReportDiff, look: Look): Generator<string> {
  yield* sideLines("before", diff.before, look);
  yield* sideLines("after", diff.after, look);
  const { added, removed, changed } = diff.packages;
  yield `\n${paint("bold", `Packages: ${added.length} added, ${removed.length} removed, ${changed.length} changed`, look.color)}\n`;
  for (const change of added) yield changeLine(paint("green", "+", look.color), change, change.after);
  for (const change of removed) yield changeLine(paint("red", "-", look.color), change, change.before);
  for (const change of changed)
    yield changeLine(paint("yellow", "~", look.color), change, change.before, change.after);
  const { new: fresh, gone, still } = diff.findings;
  yield `\n${paint("bold", `Findings: ${fresh.length} new, ${gone.length} gone, ${still.length} still there`, look.color)}\n`;
  const rows = [
    ...fresh.map((finding) => ({ sign: "new", finding })),
    ...gone.map((finding) => ({ sign: "gone", finding })),
  ];
  if (rows.length > 0) {
    yield "\n";
    yield* textTable(rows, { head, cellsOf: ({ sign, finding }) => cellsOf(sign, finding, look), look });
  }
  if (still.length > 0) yield `\nStill there: ${countsOf(still)}\n`;
}

function* sideLines(word: string, side: DiffSide, { color }: Look): Generator<string> {
  const { reference, assessment, packages } = side;
  yield `${word.padEnd(6)}  ${paint("bold", printable(reference), color)}  ${packages} packages\n`;
  if (assessment.state === "complete") return;
  yield `        ${paint("yellow", `${assessmentWords[assessment.state]}:`, color)}\n`;
  for (const reason of assessment.reasons.slice(0, MAX_REASONS))
    yield `        - ${printable(reasonText(reason))}\n`;
  const more = assessment.reasons.length - MAX_REASONS;
  if (more > 0) yield `        - and ${more} more (see --format json)\n`;
}

function changeLine(
  sign: string,
  { type, name }: PackageChange,
  ...versions: readonly (readonly string[])[]
): string {
  const said = versions.map((list) => printable(list.join(", "))).join(" -> ");
  return `  ${sign} ${printable(name)} ${said} (${type})\n`;
}

const head = ["", "severity", "vulnerability", "package", "installed", "fixed in", "because of"];

function cellsOf(sign: string, finding: DiffFinding, look: Look): readonly string[] {
  const others = finding.packages.length > 1 ? ` (${finding.packages.length})` : "";
  return [
    paint(sign === "new" ? "red" : "green", sign, look.color),
    paintSeverity(finding.severity, look),
    cellText(finding.id),
    cellText(`${finding.name}${others}`),
    cellText(finding.versions.join(", ")),
    cellText(finding.fixedVersion ?? statusWords[finding.status]),
    finding.cause === undefined ? "" : causeWords[finding.cause],
  ];
}

const causeWords: Readonly<Record<DiffCause, string>> = {
  "package-added": "new package",
  "package-removed": "package removed",
  "package-changed": "other version",
  suppression: "suppression",
  advisories: "advisories",
};

function countsOf(findings: readonly DiffFinding[]): string {
  const counts = countBySeverity(findings);
  return severities
    .filter((severity) => counts.has(severity))
    .map((severity) => `${counts.get(severity)} ${severity}`)
    .join(", ");
}
