import type {
  AdvisoryIndex,
  Enrichment,
  Finding,
  Severity,
  Standing,
  VulnerabilityDetails,
} from "@pratique/core";
import { compareSeverity } from "@pratique/core";
import type { AliasGroup } from "./alias-groups.ts";
import { compareText, preferredIdentifier } from "./identifier.ts";
import { severitiesOfDistribution } from "./judge-distribution.ts";
import type { Judgement } from "./judgement.ts";

/** The words of a judgement that a finding is made of. */
type Affected = Extract<Judgement, { kind: "affected" }>;

/** What is the same for every package in which a vulnerability is found. */
type Description = Pick<Finding, "id" | "aliases" | "severity" | "title"> &
  Enrichment & { readonly standing?: Standing };

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
    const { knownExploited, epss, title, standing, ...description } = this.#describe(group);
    const { status, fixedVersion, advisory } = judgement;
    const note = withStanding(judgement.note ?? advisory.note, standing);
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

  /** Whether the identifier of a vulnerability stands for none, whoever uses it. */
  isRejected(group: AliasGroup): boolean {
    return this.#describe(group).standing === "rejected";
  }

  #describe(group: AliasGroup): Description {
    const known = this.#described.get(group);
    if (known !== undefined) return known;
    const id = preferredIdentifier(group);
    const aliases = group.identifiers.filter((other) => other !== id).sort(compareText);
    const names = [id, ...aliases];
    const details = names.map((name) => this.#index.details(name)).filter((one) => one !== undefined);
    const title = details.find((one) => one.title !== undefined)?.title;
    const standing = standingOf(names, details);
    const description: Description = {
      id,
      aliases,
      severity: severityOf(group, details),
      ...(standing === undefined ? {} : { standing }),
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

/**
 * What is said of a vulnerability that has several names: rejected where each of its CVEs is, as one may have given way to
 * another; disputed where any is.
 */
function standingOf(
  names: readonly string[],
  details: readonly VulnerabilityDetails[],
): Standing | undefined {
  const told = details.map(({ standing }) => standing).filter((one) => one !== undefined);
  if (told.includes("disputed")) return "disputed";
  const cves = names.filter((name) => name.startsWith("CVE-"));
  return told.length > 0 && told.length === cves.length ? "rejected" : undefined;
}

function withStanding(note: string | undefined, standing: Standing | undefined): string | undefined {
  if (standing === undefined) return note;
  const word = `${standing}, says NVD`;
  if (note === undefined || note === word) return word;
  return `${note}; ${word}`;
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
