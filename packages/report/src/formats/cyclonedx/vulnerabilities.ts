import type { Finding, ScanReport, Severity, Suppressed } from "@pratique/core";
import { updateText } from "../../assessment-words.ts";
import { justificationWords } from "../../justification-words.ts";
import { vulnerabilityPage } from "../../vulnerability-page.ts";

/** A version that is longer is left out: the schema allows no longer ones, and half of one is another. */
const MAX_VERSION = 1024;

/**
 * One entry for each vulnerability with all the packages that have it; what a rule of the user took out of the count
 * is an entry of its own, which says so in its analysis.
 */
export function* vulnerabilitiesOf(report: ScanReport): Generator<object> {
  const owners = new Map(report.packages.map((member) => [member.id, member]));
  const groups = Map.groupBy(report.findings, ({ id, suppressed }) => JSON.stringify([id, suppressed?.by]));
  for (const findings of groups.values()) {
    const [first] = findings;
    if (first === undefined) continue;
    const { id, aliases, title, suppressed } = first;
    const updates = new Set<string>();
    for (const { packageId, fixedVersion } of findings) {
      const owner = owners.get(packageId);
      if (owner !== undefined && fixedVersion !== undefined) updates.add(updateText(owner, fixedVersion));
    }
    yield {
      "bom-ref": `vulnerability:${id}${suppressed === undefined ? "" : `:${suppressed.by}`}`,
      id,
      source: { name: first.source, url: vulnerabilityPage(id) },
      references: aliases.map((alias) => ({ id: alias, source: { url: vulnerabilityPage(alias) } })),
      ratings: ratingsOf(findings),
      description: title,
      ...(updates.size === 0 ? {} : { recommendation: [...updates].join("; ") }),
      advisories: [...new Set(findings.map(({ advisory }) => advisory))].map((advisory) => ({
        title: advisory,
        url: vulnerabilityPage(advisory),
      })),
      ...(suppressed === undefined ? {} : { analysis: analysisOf(suppressed) }),
      affects: affectsOf(findings, owners),
      properties: propertiesOf(findings),
    };
  }
}

/** What VEX says is said again in CycloneDX's words; an ignore file says nothing of the package. */
function analysisOf({ by, status, justification }: Suppressed): object {
  const detail = `suppressed by ${by}`;
  if (status === undefined) return { detail };
  const state = status === "fixed" ? "resolved" : "not_affected";
  const word = justification === undefined ? undefined : justificationWords[justification];
  return { state, ...(word !== undefined && status === "not_affected" && { justification: word }), detail };
}

const severityWords: Readonly<Record<Severity, string>> = {
  critical: "critical",
  high: "high",
  medium: "medium",
  low: "low",
  negligible: "info",
  unknown: "unknown",
};

function ratingsOf(findings: readonly Finding[]): readonly object[] {
  const ratings = new Map<string, object>();
  for (const { source, severity } of findings) {
    ratings.set(JSON.stringify([source, severity]), {
      source: { name: source },
      severity: severityWords[severity],
      method: "other",
    });
  }
  return [...ratings.values()];
}

function affectsOf(
  findings: readonly Finding[],
  owners: ReadonlyMap<string, { readonly version: string }>,
): readonly object[] {
  const affects = new Map<string, object>();
  for (const { packageId, suppressed } of findings) {
    const version = owners.get(packageId)?.version;
    if (version === undefined) continue;
    const named = suppressed === undefined && version.length <= MAX_VERSION;
    affects.set(packageId, {
      ref: packageId,
      ...(named ? { versions: [{ version, status: "affected" }] } : {}),
    });
  }
  return [...affects.values()];
}

function propertiesOf(findings: readonly Finding[]): readonly object[] {
  const values = new Set<string>();
  for (const { status, epss, knownExploited, confidence } of findings) {
    values.add(JSON.stringify(["status", status]));
    if (epss !== undefined) values.add(JSON.stringify(["epss", String(epss)]));
    if (knownExploited) values.add(JSON.stringify(["known-exploited", "true"]));
    if (confidence !== undefined) values.add(JSON.stringify(["confidence", confidence]));
  }
  return [...values].map((text) => {
    const [name, value]: readonly [string, string] = JSON.parse(text);
    return { name: `pratique:${name}`, value };
  });
}
