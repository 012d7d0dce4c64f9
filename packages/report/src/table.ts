import { type ScanReport, severities } from "@pratique/core";
import Table from "cli-table3";
import { type FindingRow, findingRows, statusWords } from "./rows.ts";
import { type Look, paint, paintSeverity, printable } from "./style.ts";
import { suppressedLines } from "./suppressed.ts";

/** A table narrower than this is unreadable: it is then left to the terminal to fold it. */
const MIN_WIDTH = 60;
/** So many reasons are listed; a count stands for the rest. */
const MAX_REASONS = 10;

const UNVERIFIED =
  "layers were read where they lie, and not checked against their digests (--verify-layers does)";

export interface TableOptions {
  /** Whether findings that were taken out of the count are listed, with whose word that was. */
  readonly showSuppressed?: boolean | undefined;
}

/** The report that people read: what was scanned, how far it could be judged, what was found. */
export function renderTable(report: ScanReport, look: Look, options: TableOptions = {}): string {
  const rows = findingRows(report);
  const parts = [heading(report, look), assessmentLines(report, look)];
  if (rows.length > 0) parts.push(findingTable(rows, look));
  if (options.showSuppressed === true) parts.push(suppressedLines(report, look));
  parts.push(summary(report, rows, look));
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
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

function findingTable(rows: readonly FindingRow[], look: Look): string {
  const head = ["severity", "vulnerability", "package", "installed", "fixed in", ""];
  const cells = rows.map((row) => cellsOf(row, look));
  const table = new Table({
    head: head.map((title) => paint("bold", title, look.color)),
    colWidths: columnWidths(
      [head, ...rows.map((row) => cellsOf(row, { ...look, color: false }))],
      look.width,
    ),
    style: { head: [], border: look.color ? ["gray"] : [], "padding-left": 0, "padding-right": 1 },
    chars: borders,
    wordWrap: true,
    wrapOnWordBoundary: false,
  });
  table.push(...cells);
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

const borders = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: " ",
};

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
    printable(finding.id),
    printable(`${name}${others}`),
    printable(version),
    printable(fixed),
    marks.join(" "),
  ];
}

/** As wide as the content, and where that is too wide, the widest text columns give way. */
function columnWidths(cells: readonly (readonly string[])[], width: number): number[] {
  const columns = cells[0]?.length ?? 0;
  const widths = Array.from(
    { length: columns },
    (_, column) => Math.max(...cells.map((row) => (row[column] ?? "").length)) + 1,
  );
  const gaps = columns - 1;
  for (let over = sum(widths) + gaps - Math.max(width, MIN_WIDTH); over > 0; over -= 1) {
    const widest = widths.indexOf(Math.max(...widths));
    widths[widest] = (widths[widest] ?? 1) - 1;
  }
  return widths;
}

function summary(report: ScanReport, rows: readonly FindingRow[], { color }: Look): string {
  const suppressed = report.findings.filter((finding) => finding.suppressed !== undefined).length;
  const counts = severities
    .map((severity) => ({
      severity,
      count: rows.filter(({ finding }) => finding.severity === severity).length,
    }))
    .filter(({ count }) => count > 0)
    .map(({ severity, count }) => `${count} ${severity}`);
  const fixable = rows.filter(({ finding }) => finding.status === "fixed").length;
  const text =
    rows.length === 0
      ? noFindings(report)
      : `${rows.length} ${plural(rows.length, "vulnerability", "vulnerabilities")}: ${counts.join(", ")}; ${fixable} with a fix`;
  const hidden = suppressed === 0 ? "" : `; ${suppressed} suppressed`;
  return `${paint("bold", text, color)}${hidden}${advisoryLine(report)}`;
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
  return `\nAdvisories: ${printable(sources.join(", "))}`;
}

function plural(count: number, one: string, many = `${one}s`): string {
  return count === 1 ? one : many;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
