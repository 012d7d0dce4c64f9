import { CoreError, type Finding, type Purl, parsePurl, type ScanReport } from "@pratique/core";
import type { Candidate, SubjectFacts, SuppressionRule, SuppressionSubject } from "./rule.ts";

export interface Suppression {
  /** The report, with `suppressed` at what rules took out of the count. Nothing is taken away. */
  readonly report: ScanReport;
  /** Rules that no finding fits: the vulnerability is not there, or they name another product than was meant. */
  readonly unmatched: readonly SuppressionRule[];
}

/**
 * Takes findings out of the count by the user's own rules. Of the VEX statements that fit a finding the last one
 * holds; an entry of an ignore file needs nobody's consent.
 */
export function suppress(
  report: ScanReport,
  rules: readonly SuppressionRule[],
  subject: Omit<SuppressionSubject, "target"> = {},
): Suppression {
  if (rules.length === 0) return { report, unmatched: [] };
  const facts = prepare(report, { ...subject, target: report.target });
  const byId = new Map(facts.packages.map((member) => [member.installed.id, member]));
  const index = new RuleIndex(rules);
  const matched = new Set<SuppressionRule>();
  const findings = report.findings.map((finding): Finding => {
    const member = byId.get(finding.packageId);
    if (member === undefined || finding.suppressed !== undefined) return finding;
    const fitting = index.fitting({ finding, ...member, subject: facts });
    for (const rule of fitting) matched.add(rule);
    const rule = decide(fitting);
    return rule === undefined ? finding : { ...finding, suppressed: { by: rule.by, ...rule.word } };
  });
  return { report: { ...report, findings }, unmatched: rules.filter((rule) => !matched.has(rule)) };
}

function prepare(report: ScanReport, subject: SuppressionSubject): SubjectFacts {
  return {
    ...subject,
    readPurl: subject.purl === undefined ? undefined : readPurl(subject.purl),
    packages: report.packages.map((installed) => ({ installed, purl: readPurl(installed.purl) })),
  };
}

function readPurl(text: string): Purl | undefined {
  try {
    return parsePurl(text);
  } catch (thrown) {
    if (thrown instanceof CoreError) return undefined;
    throw thrown;
  }
}

/** The rule that takes it out of the count; undefined where none does. */
function decide(fitting: readonly SuppressionRule[]): SuppressionRule | undefined {
  const statements = fitting.filter(({ kind }) => kind === "vex");
  // The sort is stable: of two at the same time, what was read later holds.
  const last = statements.toSorted((left, right) => left.time - right.time).at(-1);
  if (last?.effect === "suppress") return last;
  return fitting.find(({ kind }) => kind === "ignore");
}

/** Rules by what they are about: there may be many thousands of them, and as many findings. */
class RuleIndex {
  readonly #byVulnerability = new Map<string, SuppressionRule[]>();
  readonly #ofAny: SuppressionRule[] = [];
  readonly #order = new Map<SuppressionRule, number>();

  constructor(rules: readonly SuppressionRule[]) {
    for (const [at, rule] of rules.entries()) {
      this.#order.set(rule, at);
      if (rule.vulnerabilities.length === 0) this.#ofAny.push(rule);
      for (const id of new Set(rule.vulnerabilities)) {
        const known = this.#byVulnerability.get(id);
        if (known === undefined) this.#byVulnerability.set(id, [rule]);
        else known.push(rule);
      }
    }
  }

  /** In the order in which they were given. */
  fitting(candidate: Candidate): readonly SuppressionRule[] {
    const { id, aliases } = candidate.finding;
    const named = [id, ...aliases].flatMap((name) => this.#byVulnerability.get(name.toUpperCase()) ?? []);
    const rules = [...new Set([...named, ...this.#ofAny])].filter((rule) => rule.covers(candidate));
    return rules.sort((left, right) => (this.#order.get(left) ?? 0) - (this.#order.get(right) ?? 0));
  }
}
