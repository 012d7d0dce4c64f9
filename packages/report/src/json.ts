import type { ScanReport } from "@pratique/core";

/** The JSON report: the contract of `docs/reference/report.schema.json`, indented, with a line end. */
export function renderJson(report: ScanReport): string {
  return `${JSON.stringify(report, undefined, 2)}\n`;
}
