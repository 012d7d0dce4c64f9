import { CoreError } from "./errors.ts";

/** How bad a vulnerability is, worst first. `unknown` means that nobody has said. */
export const severities = ["critical", "high", "medium", "low", "negligible", "unknown"] as const;

export type Severity = (typeof severities)[number];

export function isSeverity(text: string): text is Severity {
  return (severities as readonly string[]).includes(text);
}

/** Throws `SEVERITY_UNKNOWN`, naming the ones there are. */
export function parseSeverity(text: string): Severity {
  const lower = text.toLowerCase();
  if (!isSeverity(lower)) {
    throw new CoreError(
      "SEVERITY_UNKNOWN",
      `expected one of ${severities.join(", ")}, found ${JSON.stringify(text)}`,
    );
  }
  return lower;
}

/** Orders severities, worst first; fits `Array.prototype.sort`. */
export function compareSeverity(left: Severity, right: Severity): number {
  return severities.indexOf(left) - severities.indexOf(right);
}

/** The severity that a CVSS v3 or v4 base score stands for (CVSS v3.1 section 5). */
export function severityOfScore(score: number): Severity {
  if (score >= 9) return "critical";
  if (score >= 7) return "high";
  if (score >= 4) return "medium";
  if (score > 0) return "low";
  return "negligible";
}
