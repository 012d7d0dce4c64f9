import type { Advisory } from "@pratique/core";

/** All that is said of one vulnerability in one package. */
export class AliasGroup {
  readonly advisories: readonly Advisory[];
  #identifiers: readonly string[] | undefined;

  constructor(advisories: readonly Advisory[]) {
    this.advisories = advisories;
  }

  /** Every identifier that the advisories give, each once. Made when asked for: few groups become findings. */
  get identifiers(): readonly string[] {
    this.#identifiers ??= [...new Set(this.advisories.flatMap(({ id, aliases }) => [id, ...aliases]))];
    return this.#identifiers;
  }
}

/**
 * Names of vulnerabilities. All others, such as `DSA-5865-1` or `XSA-224`, may name bulletins about several
 * vulnerabilities, and make nothing the same.
 */
const VULNERABILITY = /^(?:CVE|GHSA|PYSEC|OSV|MAL|GSD|SNYK|GO|RUSTSEC|CAN|EUVD|TEMP)-/u;
const CVE = /^CVE-/u;

/**
 * Groups the advisories of one package by vulnerability. Two belong together when one leads to the other by
 * identifiers in any number of steps. A distribution tells vulnerabilities apart by CVE: there, two CVEs are never
 * the same, even where a bulletin names both.
 */
export function groupByAlias(
  advisories: readonly Advisory[],
  { fromDistribution }: { readonly fromDistribution: boolean },
): readonly AliasGroup[] {
  const forest = joinAliases(advisories, fromDistribution);
  const members = new Map<string, Advisory[]>();
  for (const advisory of advisories) {
    const root = forest?.rootOf(advisory.id) ?? advisory.id;
    const group = members.get(root);
    if (group === undefined) members.set(root, [advisory]);
    else group.push(advisory);
  }
  return Array.from(members.values(), (group) => new AliasGroup(group));
}

/** Undefined where no alias joins anything, as in most packages of most distributions. */
function joinAliases(advisories: readonly Advisory[], fromDistribution: boolean): Forest | undefined {
  let forest: Forest | undefined;
  for (const { id, aliases } of advisories) {
    for (const alias of aliases) {
      if (!joins(id, alias, fromDistribution)) continue;
      forest ??= new Forest();
      forest.join(id, alias);
    }
  }
  return forest;
}

function joins(id: string, alias: string, fromDistribution: boolean): boolean {
  if (!VULNERABILITY.test(alias)) return false;
  return !(fromDistribution && CVE.test(id) && CVE.test(alias));
}

/** Union-find over identifiers, with path halving. What has no parent is a root. */
class Forest {
  readonly #parents = new Map<string, string>();

  join(left: string, right: string): void {
    this.#parents.set(this.rootOf(right), this.rootOf(left));
  }

  rootOf(id: string): string {
    let node = id;
    for (;;) {
      const parent = this.#parents.get(node) ?? node;
      if (parent === node) return node;
      const grandparent = this.#parents.get(parent) ?? parent;
      this.#parents.set(node, grandparent);
      node = grandparent;
    }
  }
}
