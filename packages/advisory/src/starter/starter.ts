import { createHash } from "node:crypto";
import type {
  Advisory,
  AdvisoryIndex,
  AdvisorySource,
  Coverage,
  Ecosystem,
  Enrichment,
  VulnerabilityDetails,
} from "@pratique/core";
import { canonicalPackageName } from "../package-name.ts";
import { expandStarter, STARTER_SOURCE, type StarterVulnerability } from "./expand.ts";
import { STARTER_DATE, starterVulnerabilities } from "./vulnerabilities.ts";

/** The small set of famous vulnerabilities that comes with the program. */
export interface StarterIndex extends AdvisoryIndex {
  /** ISO 8601: the day on which its facts were last gone over. */
  readonly builtAt: string;
  /** Advisories in it. */
  readonly size: number;
  /** All advisories that carry an identifier. */
  find(id: string): readonly Advisory[];
}

/**
 * Opens the embedded set: true, but far from complete. It is never called stale, because its coverage says more: what it
 * does not name is not known to be sound.
 */
export function openStarter(): StarterIndex {
  starter ??= makeIndex(starterVulnerabilities);
  return starter;
}

let starter: StarterIndex | undefined;

function makeIndex(vulnerabilities: readonly StarterVulnerability[]): StarterIndex {
  const advisories = expandStarter(vulnerabilities);
  const byPackage = new Map<string, Advisory[]>();
  const ecosystems = new Set<string>();
  for (const advisory of advisories) {
    ecosystems.add(advisory.ecosystem);
    const key = keyOf(advisory.ecosystem, advisory.package);
    byPackage.set(key, [...(byPackage.get(key) ?? []), advisory]);
  }
  const byId = new Map(vulnerabilities.map((vulnerability) => [vulnerability.id, vulnerability]));
  const sources: readonly AdvisorySource[] = [
    { source: STARTER_SOURCE, builtAt: STARTER_DATE, stale: false, coverage: "starter" },
  ];
  return {
    revision: createHash("sha256").update(JSON.stringify(advisories)).digest("hex"),
    sources,
    builtAt: STARTER_DATE,
    size: advisories.length,
    coverage: (of: Ecosystem): Coverage => (ecosystems.has(of) ? "starter" : "none"),
    lookUp: (of, name) => byPackage.get(keyOf(of, canonicalPackageName(of, name))) ?? [],
    details: (id) => detailsOf(byId.get(id)),
    enrichment: (id): Enrichment => ({ knownExploited: byId.get(id)?.knownExploited === true }),
    find: (id) => advisories.filter((advisory) => advisory.id === id || advisory.aliases.includes(id)),
  };
}

function keyOf(of: Ecosystem, name: string): string {
  return `${of}\n${name}`;
}

function detailsOf(vulnerability: StarterVulnerability | undefined): VulnerabilityDetails | undefined {
  if (vulnerability === undefined) return undefined;
  const { id, title, severity } = vulnerability;
  const url = id.startsWith("CVE-")
    ? `https://www.cve.org/CVERecord?id=${id}`
    : `https://github.com/advisories/${id}`;
  return { id, title, severity, urls: [url] };
}
