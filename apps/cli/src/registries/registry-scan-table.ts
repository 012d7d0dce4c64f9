import { formatPlatform, type Severity, severities } from "@pratique/core";
import { type Look, printable } from "@pratique/report";
import {
  adviceOn,
  type JournalItem,
  type ListFailure,
  type RegistryOutcome,
  type RegistryScanEnd,
  referenceOf,
  type SeverityCounts,
  sumFindings,
} from "@pratique/scan";
import type { RegistryTarget } from "./registry-target.ts";

/** What a scan of a registry has come to. */
export interface RegistryScanResult {
  readonly target: RegistryTarget;
  readonly items: readonly JournalItem[];
  readonly listFailures: readonly ListFailure[];
  readonly end: RegistryScanEnd;
}

type Scanned = Extract<RegistryOutcome, { kind: "scanned" }>;
type Row = { readonly name: string; readonly outcome: Scanned };

const ALWAYS_SHOWN: readonly Severity[] = ["critical", "high", "medium", "low"];
const COLUMN = 9;
const WIDE_COLUMN = 12;
const BOLD = "\u001b[1m";
const PLAIN = "\u001b[0m";

/** All images, the worst first, then what failed and what to do about it. */
export function* registryScanTable({ items, listFailures, end }: RegistryScanResult, look: Look) {
  const rows = scannedOf(items);
  const besides = columnsBesides(rows);
  const shown = shownOf(rows);
  const wide = besides.length * WIDE_COLUMN;
  const width = Math.max(
    20,
    look.width - shown.reduce((sum, name) => sum + severityWidth(name), COLUMN) - wide - 2,
  );
  const head = [
    "IMAGE".padEnd(width),
    ...shown.map((name) => name.toUpperCase().padStart(severityWidth(name))),
    "JUDGED".padStart(COLUMN),
    ...besides.map(({ name }) => name.toUpperCase().padStart(WIDE_COLUMN)),
  ];
  const bold = (text: string) => (look.color ? `${BOLD}${text}${PLAIN}` : text);
  if (rows.length > 0) yield `${bold(head.join(""))}\n`;
  for (const { name, outcome } of rows.toSorted(worstFirst)) {
    const counts = shown.map((severity) =>
      String(outcome.findings[severity]).padStart(severityWidth(severity)),
    );
    const more = besides.map(({ of }) => String(of(outcome) ?? "-").padStart(WIDE_COLUMN)).join("");
    yield `${shorten(name, width)}${counts.join("")}${outcome.state.padStart(COLUMN)}${more}\n`;
  }
  yield* failureLines(items, listFailures);
  yield `${rows.length > 0 ? "\n" : ""}${bold(sumLine(items, rows))}\n`;
  if (end.kind === "stopped" && end.outcome.kind !== "scanned") {
    yield `Stopped: ${printable(end.outcome.message)}. Run it again to go on.\n`;
  }
}

/** Those that matter most, and what else was found: without data on severities all that is known of may be unknown. */
function shownOf(rows: readonly Row[]): readonly Severity[] {
  return severities.filter(
    (severity) =>
      ALWAYS_SHOWN.includes(severity) || rows.some(({ outcome }) => outcome.findings[severity] > 0),
  );
}

function severityWidth(severity: Severity): number {
  return Math.max(COLUMN, severity.length + 2);
}

function countsText(counts: SeverityCounts, shown: readonly Severity[]): string {
  return shown.map((severity) => `${counts[severity]} ${severity}`).join(", ");
}

/** What was looked for besides vulnerabilities; undefined for an image in which nobody did. */
interface Besides {
  readonly name: string;
  readonly of: (outcome: Scanned) => number | undefined;
}

const BESIDES: readonly Besides[] = [
  { name: "secrets", of: ({ secrets }) => secrets && sumOf(secrets) },
  { name: "forbidden", of: ({ licenses }) => licenses?.forbidden },
  { name: "restricted", of: ({ licenses }) => licenses?.restricted },
];

function columnsBesides(rows: readonly Row[]): readonly Besides[] {
  return BESIDES.filter(({ of }) => rows.some(({ outcome }) => of(outcome) !== undefined));
}

function sumOf(counts: SeverityCounts): number {
  return severities.reduce((sum, severity) => sum + counts[severity], 0);
}

/** `; 2 secrets; licenses: 1 forbidden, 3 restricted`: nothing of what nobody looked for. */
function besidesText({ secrets, licenses }: Pick<Scanned, "secrets" | "licenses">): string {
  const found = secrets && sumOf(secrets);
  const told = licenses && `; licenses: ${licenses.forbidden} forbidden, ${licenses.restricted} restricted`;
  return `${found === undefined ? "" : `; ${found} ${found === 1 ? "secret" : "secrets"}`}${told ?? ""}`;
}

/** The last line of the table: how many there were, and how bad they are. */
export function registryScanSum({ items }: Pick<RegistryScanResult, "items">): string {
  return sumLine(items, scannedOf(items));
}

function scannedOf(items: readonly JournalItem[]): readonly Row[] {
  return items.flatMap((item): readonly Row[] =>
    item.outcome?.kind === "scanned" ? [{ name: nameOf(item), outcome: item.outcome }] : [],
  );
}

/** One image on one line, with what to do where it could not be scanned. */
export function registryImageLine(item: JournalItem): string {
  const { outcome } = item;
  if (outcome === undefined) return `${printable(nameOf(item))}: waits`;
  if (outcome.kind === "scanned") {
    const counts = countsText(outcome.findings, shownOf([{ name: "", outcome }]));
    return `${printable(nameOf(item))}: ${counts}${besidesText(outcome)}; judged: ${outcome.state}`;
  }
  const advice = adviceOn(outcome.code);
  return `${printable(nameOf(item))}: ${printable(outcome.message)}${advice === undefined ? "" : `; ${advice}`}`;
}

function* failureLines(items: readonly JournalItem[], listFailures: readonly ListFailure[]) {
  const failures = [
    ...listFailures.map(({ repository, ...failure }) => ({ name: repository, ...failure })),
    ...items.flatMap((item) =>
      item.outcome?.kind === "failed" ? [{ name: nameOf(item), ...item.outcome }] : [],
    ),
  ];
  if (failures.length === 0) return;
  yield "\nNot scanned:\n";
  for (const { name, code, message } of failures) {
    const advice = adviceOn(code);
    yield `  ${printable(name)}: ${printable(message)}\n${advice === undefined ? "" : `    ${advice}\n`}`;
  }
}

function sumLine(items: readonly JournalItem[], rows: readonly Row[]): string {
  const of = (kind: string) => items.filter(({ outcome }) => outcome?.kind === kind).length;
  const waiting = items.filter(({ outcome }) => outcome === undefined).length;
  const sum = sumFindings(rows.map(({ outcome }) => outcome.findings));
  const counts = countsText(sum, shownOf(rows));
  const others = [
    [of("failed"), "not scanned"],
    [of("absent"), "gone or not for this platform"],
    [waiting, "still to be scanned"],
  ].flatMap(([count, what]) => (count === 0 ? [] : [`, ${count} ${what}`]));
  return `${rows.length} of ${items.length} images scanned${others.join("")}: ${counts}`;
}

/** The same as JSON, with all outcomes. */
export function registryScanDocument({ target, items, listFailures, end }: RegistryScanResult) {
  return {
    schemaVersion: 1,
    registry: target.registry,
    ...(target.path !== "" && { path: target.path }),
    complete: end.kind === "whole",
    images: items.map(registryImageDocument),
    unlisted: listFailures.map((failure) => ({ ...failure, advice: adviceOn(failure.code) })),
  };
}

/** One image of it. */
export function registryImageDocument({ image, outcome, attempts }: JournalItem) {
  return {
    reference: referenceOf(image),
    ...(image.platform !== undefined && { platform: formatPlatform(image.platform) }),
    attempts,
    ...(outcome === undefined ? { kind: "waiting" as const } : outcome),
    ...(outcome?.kind === "failed" && { advice: adviceOn(outcome.code) }),
  };
}

function nameOf({ image }: JournalItem): string {
  const name = `${image.repository}:${image.tag}`;
  return image.platform === undefined ? name : `${name} (${formatPlatform(image.platform)})`;
}

/** The end of a long name tells more than its beginning. */
function shorten(name: string, width: number): string {
  const text = printable(name);
  return text.length <= width ? text.padEnd(width) : `…${text.slice(text.length - width + 1).toWellFormed()}`;
}

function worstFirst(left: Row, right: Row): number {
  for (const severity of severities) {
    const difference = right.outcome.findings[severity] - left.outcome.findings[severity];
    if (difference !== 0) return difference;
  }
  return left.name < right.name ? -1 : 1;
}
