import { attacks } from "./catalogue.ts";
import { type Coverage, coverageVerdicts } from "./coverage.ts";

/** One line of the table of coverage, for people. */
export function formatCoverage(coverage: Coverage): string {
  const { id, technique, verdict, detectedBy } = coverage;
  const told = detectedBy.length === 0 ? "" : `  [${detectedBy.join("; ")}]`;
  return `${verdict.padEnd(10)}  ${id.padEnd(28)}  ${technique.padEnd(9)}  ${shortWhy(coverage)}${told}`;
}

/** A refusal of the gate has many lines, of which its rules say enough. */
function shortWhy({ why, refusedBy }: Coverage): string {
  if (refusedBy.length > 0) return `the gate refused its container: ${refusedBy.join(", ")}`;
  return why.split("\n", 1)[0] ?? "";
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

/**
 * What to do where the gate refused containers that ask for nothing special, for what they are made of: their attacks
 * never began, and nothing is known of the rules that are there for them. Undefined where there were none.
 */
export function adviceOnRefusals(table: readonly Coverage[]): string | undefined {
  const plain = new Set(attacks.filter(({ needs }) => Object.keys(needs).length === 0).map(({ id }) => id));
  const refused = table.filter(({ id, refusedBy }) => refusedBy.length > 0 && plain.has(id));
  if (refused.length === 0) return undefined;
  const rules = [...new Set(refused.flatMap(({ refusedBy }) => refusedBy))].sort();
  const flags = rules.map((rule) => `--rule ${rule}`).join(" ");
  return [
    `${refused.length} of them never began: the gate refused plain containers of the self-test's own image, so that no rule over running`,
    "containers was tried. To have them tried, for an hour:",
    "",
    `    pratique policy exception grant ${flags} \\`,
    "      --image 'pratique-selftest-*' --expires 1h --reason 'self-test of this host' --owner WHO",
  ].join("\n");
}
