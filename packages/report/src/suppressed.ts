import type { ScanReport } from "@pratique/core";
import { type Look, paint, printable } from "./style.ts";

/** What rules of the user took out of the count, and which rule it was; empty where there is nothing. */
export function suppressedLines({ packages, findings }: ScanReport, { color }: Look): string {
  const byId = new Map(packages.map((installed) => [installed.id, installed]));
  const lines = new Set<string>();
  for (const { id, packageId, severity, suppressed } of findings) {
    if (suppressed === undefined) continue;
    const installed = byId.get(packageId);
    // Packages of one source share a line, as they share a row of the table.
    const { name, version } = installed?.source ?? installed ?? { name: packageId, version: "" };
    lines.add(`  - ${printable(`${id} (${severity}) in ${`${name} ${version}`.trim()}: ${suppressed.by}`)}`);
  }
  return lines.size === 0 ? "" : [paint("bold", "Suppressed:", color), ...lines].join("\n");
}
