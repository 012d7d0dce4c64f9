import { type ScanReport, type Severity, secretPlace } from "@pratique/core";
import { licenseName } from "./license-rows.ts";
import { type Look, paint, printable } from "./style.ts";

/** What a rule of the user took out of the count. */
export interface SuppressedRow {
  /** The vulnerability, the rule that found a secret, or the licence. */
  readonly id: string;
  readonly severity: Severity;
  /** The source package's name, or the package's own, of licences always that; the place of a secret. */
  readonly name: string;
  readonly version: string;
  readonly by: string;
}

/**
 * In the report's order, secrets and then licences last. Packages of one source share a row, as they share one of the findings
 * that count.
 */
export function suppressedRows(report: ScanReport): readonly SuppressedRow[] {
  const { packages, findings, secrets = [], licenses = [] } = report;
  const byId = new Map(packages.map((installed) => [installed.id, installed]));
  const rows = new Map<string, SuppressedRow>();
  for (const { id, packageId, severity, suppressed } of findings) {
    if (suppressed === undefined) continue;
    const installed = byId.get(packageId);
    const { name, version } = installed?.source ?? installed ?? { name: packageId, version: "" };
    const row = { id, severity, name, version, by: suppressed.by };
    rows.set(JSON.stringify(row), row);
  }
  const ofSecrets = secrets.flatMap((secret) => {
    const { rule, severity, suppressed } = secret;
    if (suppressed === undefined) return [];
    return [{ id: rule, severity, name: secretPlace(secret), version: "", by: suppressed.by }];
  });
  const ofLicenses = licenses.flatMap(({ license, severity, packageId, suppressed }) => {
    if (suppressed === undefined) return [];
    const { name, version } = byId.get(packageId) ?? { name: packageId, version: "" };
    return [{ id: licenseName(license), severity, name, version, by: suppressed.by }];
  });
  return [...rows.values(), ...ofSecrets, ...ofLicenses];
}

/** What rules of the user took out of the count, and which rule it was; empty where there is nothing. */
export function suppressedLines(report: ScanReport, { color }: Look): string {
  const lines = suppressedRows(report).map(
    ({ id, severity, name, version, by }) =>
      `  - ${printable(`${id} (${severity}) in ${`${name} ${version}`.trim()}: ${by}`)}`,
  );
  return lines.length === 0 ? "" : [paint("bold", "Suppressed:", color), ...lines].join("\n");
}
