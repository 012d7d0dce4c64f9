import { type Advisory, ecosystem, type Severity, type VersionRange } from "@pratique/core";

/** The name under which the embedded set appears as a source. */
export const STARTER_SOURCE = "starter";

/**
 * A range in few characters: `FIXED`, `INTRODUCED..FIXED`, `INTRODUCED..=LAST` or `=VERSION`, several of them with
 * spaces between; `none` for "not affected", `open` for "no fix".
 */
type StarterRange = string;

/** One vulnerability of the starter set. */
export interface StarterVulnerability {
  readonly id: string;
  readonly aliases?: readonly string[];
  /** The name by which people know it, and what it does. */
  readonly title: string;
  readonly severity: Severity;
  readonly knownExploited?: boolean;
  /** Debian: the source package, then by release number what it says of the vulnerability. */
  readonly debian?: Readonly<Record<string, Readonly<Record<string, StarterRange>>>>;
  /** Alpine: the package, then the branches and what they say. */
  readonly alpine?: Readonly<Record<string, Readonly<Record<string, StarterRange>>>>;
  readonly npm?: Readonly<Record<string, StarterRange>>;
  readonly pypi?: Readonly<Record<string, StarterRange>>;
}

/** Writes the table out as advisories. */
export function expandStarter(vulnerabilities: readonly StarterVulnerability[]): readonly Advisory[] {
  return vulnerabilities.flatMap((vulnerability) => [
    ...released(vulnerability, "Debian:", vulnerability.debian),
    ...released(vulnerability, "Alpine:v", vulnerability.alpine),
    ...inEcosystem(vulnerability, "npm", vulnerability.npm),
    ...inEcosystem(vulnerability, "PyPI", vulnerability.pypi),
  ]);
}

function released(
  vulnerability: StarterVulnerability,
  prefix: string,
  packages: StarterVulnerability["debian"] = {},
): readonly Advisory[] {
  return Object.entries(packages).flatMap(([name, releases]) =>
    Object.entries(releases).map(([release, text]) =>
      advisory(vulnerability, { ecosystem: prefix + release, package: name, text }),
    ),
  );
}

function inEcosystem(
  vulnerability: StarterVulnerability,
  name: string,
  packages: StarterVulnerability["npm"] = {},
): readonly Advisory[] {
  return Object.entries(packages).map(([packageName, text]) =>
    advisory(vulnerability, { ecosystem: name, package: packageName, text }),
  );
}

function advisory(
  { id, aliases = [], severity }: StarterVulnerability,
  what: { readonly ecosystem: string; readonly package: string; readonly text: StarterRange },
): Advisory {
  const words = what.text.split(" ");
  const versions = words.filter((word) => word.startsWith("=")).map((word) => word.slice(1));
  const ranges = words.flatMap(rangesOf);
  return {
    id,
    aliases,
    document: id,
    source: STARTER_SOURCE,
    ecosystem: ecosystem(what.ecosystem),
    package: what.package,
    ranges,
    ...(versions.length === 0 ? {} : { versions }),
    status: ranges.some(({ fixed }) => fixed !== undefined) ? "fixed" : "affected",
    severity,
  };
}

function rangesOf(word: string): readonly VersionRange[] {
  if (word === "none" || word.startsWith("=")) return [];
  if (word === "open") return [{}];
  const at = word.indexOf("..");
  if (at < 0) return [{ fixed: word }];
  const introduced = word.slice(0, at);
  const end = word.slice(at + 2);
  const start = introduced === "" ? {} : { introduced };
  if (end === "") return [start];
  return [end.startsWith("=") ? { ...start, lastAffected: end.slice(1) } : { ...start, fixed: end }];
}
