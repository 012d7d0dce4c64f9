import type { AdvisoryIndex, Enrichment, Finding, Severity, VulnerabilityDetails } from "@pratique/core";
import { compareSeverity } from "@pratique/core";
import type { AliasGroup } from "./alias-groups.ts";
import { compareText, preferredIdentifier } from "./identifier.ts";
import { severitiesOfDistribution } from "./judge-distribution.ts";
import type { Judgement } from "./judgement.ts";

/** The words of a judgement that a finding is made of. */
type Affected = Extract<Judgement, { kind: "affected" }>;

/** What is the same for every package in which a vulnerability is found. */
type Description = Pick<Finding, "id" | "aliases" | "severity" | "title"> & Enrichment;

/** Turns judgements into findings. What the index says of a vulnerability itself is read once for each group. */
export class FindingWriter {
  readonly #index: AdvisoryIndex;
  readonly #described = new Map<AliasGroup, Description>();

  constructor(index: AdvisoryIndex) {
    this.#index = index;
  }

  write(
    group: AliasGroup,
    judgement: Affected,
    packageId: string,
    confidence?: Finding["confidence"],
  ): Finding {
    const { knownExploited, epss, title, ...description } = this.#describe(group);
    const { status, fixedVersion, advisory, note = advisory.note } = judgement;
    return {
      ...description,
      packageId,
      status,
      ...(fixedVersion === undefined ? {} : { fixedVersion }),
      knownExploited,
      ...(epss === undefined ? {} : { epss }),
      source: advisory.source,
      advisory: advisory.document,
      ...(title === undefined ? {} : { title }),
      ...(note === undefined ? {} : { note }),
      ...(confidence === undefined ? {} : { confidence }),
    };
  }

  #describe(group: AliasGroup): Description {
    const known = this.#described.get(group);
    if (known !== undefined) return known;
    const id = preferredIdentifier(group);
    const aliases = group.identifiers.filter((other) => other !== id).sort(compareText);
    const names = [id, ...aliases];
    const details = names.map((name) => this.#index.details(name)).filter((one) => one !== undefined);
    const title = details.find((one) => one.title !== undefined)?.title;
    const description: Description = {
      id,
      aliases,
      severity: severityOf(group, details),
      ...(title === undefined ? {} : { title }),
      ...this.#enrich(names),
    };
    this.#described.set(group, description);
    return description;
  }

  #enrich(names: readonly string[]): Enrichment {
    const enrichments = names.map((name) => this.#index.enrichment(name));
    const scores = enrichments.map(({ epss }) => epss).filter((epss) => epss !== undefined);
    return {
      knownExploited: enrichments.some(({ knownExploited }) => knownExploited),
      ...(scores.length === 0 ? {} : { epss: Math.max(...scores) }),
    };
  }
}

/** The distribution's own word on severity goes first; else the worst that anybody gives. */
function severityOf({ advisories }: AliasGroup, details: readonly VulnerabilityDetails[]): Severity {
  const own = worst(severitiesOfDistribution(advisories));
  if (own !== "unknown") return own;
  return worst([...advisories, ...details].map(({ severity = "unknown" }) => severity));
}

/** The worst of the severities that are known; `unknown` sorts last. */
function worst(severities: readonly Severity[]): Severity {
  return [...severities].sort(compareSeverity)[0] ?? "unknown";
}

/** The order of a report: worst first, then those that are exploited, then by name and place. */
export function compareFindings(left: Finding, right: Finding): number {
  return (
    compareSeverity(left.severity, right.severity) ||
    Number(right.knownExploited) - Number(left.knownExploited) ||
    compareText(left.id, right.id) ||
    compareText(left.packageId, right.packageId)
  );
}
