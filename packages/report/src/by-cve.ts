import { compareSeverity, type Finding, type ScanReport } from "@pratique/core";

const CVE = /^CVE-\d+-\d+$/u;

/**
 * Names each finding by its CVE, where it has one, with the name it had among the aliases; findings in one package
 * that are then the same become one: as bad as the worst of them, and suppressed only where all are.
 */
export function byCve(report: ScanReport): ScanReport {
  const findings = new Map<string, Finding>();
  for (const finding of report.findings) {
    const renamed = rename(finding);
    const key = JSON.stringify([renamed.packageId, renamed.id]);
    const before = findings.get(key);
    findings.set(key, before === undefined ? renamed : join(before, renamed));
  }
  return { ...report, findings: [...findings.values()] };
}

/** The name by which the most sources know a vulnerability: its CVE, else its own. */
export function cveOf({ id, aliases }: Pick<Finding, "id" | "aliases">): string {
  if (CVE.test(id)) return id;
  return aliases.filter((alias) => CVE.test(alias)).sort()[0] ?? id;
}

function rename(finding: Finding): Finding {
  const id = cveOf(finding);
  if (id === finding.id) return finding;
  return { ...finding, id, aliases: [finding.id, ...finding.aliases.filter((alias) => alias !== id)] };
}

function join(left: Finding, right: Finding): Finding {
  const [first, second] = isStronger(right, left) ? [right, left] : [left, right];
  const epss = Math.max(first.epss ?? -1, second.epss ?? -1);
  return {
    ...first,
    aliases: [...new Set([...left.aliases, ...right.aliases])].filter((alias) => alias !== first.id),
    knownExploited: left.knownExploited || right.knownExploited,
    ...(epss < 0 ? {} : { epss }),
  };
}

/** What counts goes before what is suppressed, and what is worse before what is less bad. */
function isStronger(left: Finding, right: Finding): boolean {
  const open = Number(left.suppressed !== undefined) - Number(right.suppressed !== undefined);
  return (open || compareSeverity(left.severity, right.severity)) < 0;
}
