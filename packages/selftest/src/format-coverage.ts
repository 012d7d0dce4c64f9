import { type Coverage, coverageVerdicts } from "./coverage.ts";

/** One line of the table of coverage, for people. */
export function formatCoverage({ id, technique, verdict, detectedBy, why }: Coverage): string {
  const told = detectedBy.length === 0 ? "" : `  [${detectedBy.join("; ")}]`;
  return `${verdict.padEnd(10)}  ${id.padEnd(28)}  ${technique.padEnd(9)}  ${why}${told}`;
}

/** How many attacks ended in which way: `12 prevented, 3 detected`. */
export function summarizeCoverage(table: readonly Coverage[]): string {
  const counts = coverageVerdicts.map((verdict) => ({
    verdict,
    count: table.filter((coverage) => coverage.verdict === verdict).length,
  }));
  const parts = counts.filter(({ count }) => count > 0).map(({ verdict, count }) => `${count} ${verdict}`);
  return parts.length === 0 ? "no attack was tried" : parts.join(", ");
}
