import type { ScanReport } from "@pratique/core";

/**
 * A report without the values of the image's environment variables: they may be secrets, and whoever may read findings
 * may not read those. Their names stay.
 */
export function reportToKeep(report: ScanReport): ScanReport {
  const { config } = report;
  if (config === undefined) return report;
  const environment = config.environment.map((variable) => variable.split("=", 1)[0] ?? "");
  return { ...report, config: { ...config, environment } };
}
