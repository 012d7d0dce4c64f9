import {
  CoreError,
  type Finding,
  type LicenseFinding,
  type Package,
  type Purl,
  parsePurl,
  type ScanReport,
  type Secret,
} from "@pratique/core";
import type { Candidate, SubjectFacts, SuppressionRule, SuppressionSubject } from "./rule.ts";

export interface Suppression {
  /** The report, with `suppressed` at what rules took out of the count. Nothing is taken away. */
  readonly report: ScanReport;
  /**
   * Rules that nothing fits: the vulnerability is not there, or they name another product than was meant. Where nobody
   * looked for secrets or licences, nothing can be said of rules about them.
   */
  readonly unmatched: readonly SuppressionRule[];
}

/**
 * Takes findings, secrets and licences out of the count by the user's own rules. Of the VEX statements that fit a finding the last one
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
  const secrets = report.secrets?.map((secret): Secret => {
    const fitting = index.fittingSecret(secret);
    for (const rule of fitting) matched.add(rule);
    const [rule] = fitting;
    return rule === undefined ? secret : { ...secret, suppressed: { by: rule.by } };
  });
  const licenses = report.licenses?.map((finding): LicenseFinding => {
    const owner = byId.get(finding.packageId)?.installed;
    const fitting = owner === undefined ? [] : index.fittingLicense(finding, owner);
    for (const rule of fitting) matched.add(rule);
    const [rule] = fitting;
    return rule === undefined ? finding : { ...finding, suppressed: { by: rule.by } };
  });
  const isAsked = ({ covers, coversSecret, coversLicense }: SuppressionRule): boolean =>
    covers !== undefined ||
    (coversSecret !== undefined && secrets !== undefined) ||
    (coversLicense !== undefined && licenses !== undefined);
  return {
    report: {
      ...report,
      findings,
      ...(secrets !== undefined && { secrets }),
      ...(licenses !== undefined && { licenses }),
    },
    unmatched: rules.filter((rule) => !matched.has(rule) && isAsked(rule)),
  };
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

/** Rules by what they name: there may be many thousands of them, and as many findings. */
class RuleIndex {
  readonly #byName = new Map<string, SuppressionRule[]>();
  readonly #ofAny: SuppressionRule[] = [];
  readonly #order = new Map<SuppressionRule, number>();

  constructor(rules: readonly SuppressionRule[]) {
    for (const [at, rule] of rules.entries()) {
      this.#order.set(rule, at);
      if (rule.names.length === 0) this.#ofAny.push(rule);
      for (const name of new Set(rule.names)) {
        const known = this.#byName.get(name);
        if (known === undefined) this.#byName.set(name, [rule]);
        else known.push(rule);
      }
    }
  }

  /** In the order in which they were given. */
  fitting(candidate: Candidate): readonly SuppressionRule[] {
    const { id, aliases } = candidate.finding;
    const rules = [...this.#named([id, ...aliases]), ...this.#ofAny];
    return this.#inOrder(rules.filter((rule) => rule.covers?.(candidate) === true));
  }

  /** The same for a secret. */
  fittingSecret(secret: Secret): readonly SuppressionRule[] {
    const rules = this.#named([secret.rule, secret.fingerprint]);
    return this.#inOrder(rules.filter((rule) => rule.coversSecret?.(secret) === true));
  }

  /** The same for a licence; `GPL-2.0` is how `GPL-2.0-only` was called before. */
  fittingLicense(finding: LicenseFinding, installed: Package): readonly SuppressionRule[] {
    const { license } = finding;
    const rules = this.#named([license, license.replace(/-only$/u, "")]);
    return this.#inOrder(rules.filter((rule) => rule.coversLicense?.(finding, installed) === true));
  }

  #named(names: readonly string[]): readonly SuppressionRule[] {
    return [...new Set(names.flatMap((name) => this.#byName.get(name.toUpperCase()) ?? []))];
  }

  #inOrder(rules: readonly SuppressionRule[]): readonly SuppressionRule[] {
    return rules.toSorted((left, right) => (this.#order.get(left) ?? 0) - (this.#order.get(right) ?? 0));
  }
}
