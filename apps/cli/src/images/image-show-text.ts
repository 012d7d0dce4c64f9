import type { ExceptionEntry, ImageDetail, ImageFinding } from "@pratique/api";
import type { RiskTerm } from "@pratique/core";
import {
  assessmentWords,
  cellText,
  type Look,
  paint,
  paintSeverity,
  printable,
  reasonText,
  statusWords,
  textTable,
} from "@pratique/report";

/** A finding with the exceptions that name it. */
export interface JudgedFinding extends ImageFinding {
  /** Their ids. */
  readonly exceptions: readonly string[];
}

export interface ImageToShow {
  readonly detail: ImageDetail;
  readonly findings: readonly JudgedFinding[];
  readonly exceptions: readonly ExceptionEntry[];
}

export interface ImageShowOptions {
  readonly look: Look;
  /** Say of each finding what its score is made of. */
  readonly explains: boolean;
}

const MAX_REASONS = 10;
const MAX_HOSTS = 5;
const HEAD = ["risk", "severity", "vulnerability", "package", "installed", "fixed in", "in use", ""];

/** An image of the server as people read it: what it is, where it runs, what was found, and what people accepted. */
export function* imageShowText(shown: ImageToShow, { look, explains }: ImageShowOptions): Generator<string> {
  const { detail, findings, exceptions } = shown;
  yield `${heading(detail, look)}\n\n`;
  const reasons = reasonLines(detail, look);
  if (reasons !== "") yield `${reasons}\n\n`;
  if (findings.length > 0) {
    yield* textTable(findings, { head: HEAD, cellsOf: (finding) => cellsOf(finding, look), look });
    yield "\n";
  }
  if (explains && findings.length > 0) yield `${explanations(findings, look)}\n\n`;
  if (exceptions.length > 0) yield `${exceptionLines(exceptions, look)}\n\n`;
  yield `${paint("bold", summary(shown), look.color)}\n`;
}

function heading({ image, hosts, running, base, user }: ImageDetail, { color }: Look): string {
  const { reference, imageId, distro = "no distribution", packages, scannedAt, lastVerdict } = image;
  const places = hosts.length === 0 ? "on no host" : `on ${some(hosts)}`;
  const runs = `${running} ${running === 1 ? "container runs" : "containers run"} it`;
  const verdict =
    lastVerdict === undefined
      ? []
      : [`last launch: ${lastVerdict.decision} at ${minuteOf(lastVerdict.decidedAt)}`];
  const facts = [
    `scanned at ${minuteOf(scannedAt)}`,
    ...(base === undefined ? [] : [`built on ${base.reference}`]),
    `runs as ${user === "" ? "root" : user}`,
  ];
  return [
    `${paint("bold", printable(reference), color)}  ${printable(`${distro}, ${plural(packages, "package")}`)}`,
    paint("gray", imageId, color),
    printable([places, runs, ...verdict].join("; ")),
    printable(facts.join("; ")),
  ].join("\n");
}

function some(names: readonly string[]): string {
  const more = names.length - MAX_HOSTS;
  return `${names.slice(0, MAX_HOSTS).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function reasonLines({ image: { assessment }, reasons, dispute }: ImageDetail, { color }: Look): string {
  const disputed =
    dispute === undefined
      ? []
      : [
          paint("yellow", `Hosts contradict each other about it since ${minuteOf(dispute.since)}`, color),
          "The worse report is shown",
        ];
  if (assessment === "complete" && reasons.length === 0) return disputed.join("\n");
  const more = reasons.length - MAX_REASONS;
  return [
    ...disputed,
    paint("yellow", `${assessmentWords[assessment]}:`, color),
    ...reasons.slice(0, MAX_REASONS).map((reason) => `  - ${printable(reasonText(reason))}`),
    ...(more > 0 ? [`  - and ${more} more (see --json)`] : []),
  ].join("\n");
}

function cellsOf(finding: JudgedFinding, look: Look): readonly string[] {
  const { id, severity, status, risk, packageName, packageVersion, fixedVersion, note } = finding;
  const remark = note === undefined ? "" : ` (${note})`;
  const marks = [
    ...(finding.knownExploited ? [paint(["bold", "red"], "exploited", look.color)] : []),
    ...(finding.epss === undefined ? [] : [`${(finding.epss * 100).toFixed(1)} %`]),
    ...(finding.confidence === "low" ? ["unsure"] : []),
    ...(finding.exceptions.length === 0 ? [] : ["accepted"]),
    ...(finding.suppressedBy === undefined ? [] : [`suppressed by ${printable(finding.suppressedBy)}`]),
  ];
  return [
    String(risk.score),
    paintSeverity(severity, look),
    cellText(id),
    cellText(packageName),
    cellText(packageVersion),
    cellText(fixedVersion ?? `${statusWords[status]}${remark}`),
    useOf(finding),
    marks.join(" "),
  ];
}

function useOf({ risk }: JudgedFinding): string {
  return risk.terms.find(({ name }) => name === "in-use")?.value ?? "not known";
}

function explanations(findings: readonly JudgedFinding[], { color }: Look): string {
  const lines = findings.flatMap(({ id, packageName, risk }) => [
    printable(`  ${risk.score} ${id} in ${packageName}`),
    ...risk.terms.map((term) => `      ${printable(termText(term))}`),
  ]);
  return [paint("bold", "Why", color), ...lines].join("\n");
}

/** `+10 in-use executed: /usr/bin/openssl`; what adds nothing is told as well. */
function termText({ name, value, detail, points }: RiskTerm): string {
  const sign = points < 0 ? "-" : "+";
  const why = detail === undefined ? "" : `: ${detail}`;
  return `${sign}${String(Math.abs(points)).padEnd(3)} ${name} ${value}${why}`;
}

function exceptionLines(exceptions: readonly ExceptionEntry[], { color }: Look): string {
  const lines = exceptions.map(({ id, rules, scope, reason, owner, expiresAt }) => {
    const named = [...(scope.vulnerabilities ?? []), ...(scope.secrets ?? []), ...(scope.licenses ?? [])];
    const what = named.length === 0 ? "" : ` for ${some(named)}`;
    const where = scope.hosts === undefined ? "" : ` on ${some(scope.hosts)}`;
    const text = `${id}  ${some(rules)}${what}${where}, until ${minuteOf(expiresAt)}, ${owner}: ${reason}`;
    return `  ${printable(text)}`;
  });
  return [paint("bold", "Exceptions in force", color), ...lines].join("\n");
}

function summary({ detail: { image, secrets = 0 }, findings }: ImageToShow): string {
  const { severities, fixable, suppressed } = image;
  const counts = Object.entries(severities).filter(([, count]) => count > 0);
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  const words = counts.map(([severity, count]) => `${count} ${severity}`).join(", ");
  const shown = findings.filter(({ suppressedBy }) => suppressedBy === undefined).length;
  const parts = [
    total === 0 ? noFindings(image) : `${plural(total, "finding")}: ${words}; ${fixable} with a fix`,
    ...(shown < total ? [`${shown} shown`] : []),
    ...(suppressed > 0 ? [`${suppressed} suppressed`] : []),
    ...(secrets > 0 ? [plural(secrets, "secret")] : []),
  ];
  return parts.join("; ");
}

/** Nothing found is only good news where all was looked at. */
function noFindings({ assessment }: ImageDetail["image"]): string {
  if (assessment === "complete") return "No known vulnerabilities";
  return "No known vulnerabilities in what could be assessed";
}

function minuteOf(instant: string): string {
  return `${instant.slice(0, 16).replace("T", " ")} UTC`;
}

function plural(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? "" : "s"}`;
}
