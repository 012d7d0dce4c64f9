import type { Advisory } from "@pratique/core";

/** All that is said of one vulnerability in one package. */
export interface AliasGroup {
  readonly advisories: readonly Advisory[];
  /** Every identifier that the advisories give, each once. */
  readonly identifiers: readonly string[];
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
  const forest = new Forest();
  for (const { id, aliases } of advisories) {
    forest.add(id);
    for (const alias of aliases) {
      if (joins(id, alias, fromDistribution)) forest.join(id, alias);
    }
  }
  const groups = new Map<string, Advisory[]>();
  for (const advisory of advisories) {
    const root = forest.rootOf(advisory.id);
    const group = groups.get(root);
    if (group === undefined) groups.set(root, [advisory]);
    else group.push(advisory);
  }
  return [...groups.values()].map((members) => ({
    advisories: members,
    identifiers: identifiersOf(members),
  }));
}

function joins(id: string, alias: string, fromDistribution: boolean): boolean {
  if (!VULNERABILITY.test(alias)) return false;
  return !(fromDistribution && CVE.test(id) && CVE.test(alias));
}

function identifiersOf(advisories: readonly Advisory[]): readonly string[] {
  const [first] = advisories;
  if (first !== undefined && advisories.length === 1 && first.aliases.length === 0) return [first.id];
  return [...new Set(advisories.flatMap(({ id, aliases }) => [id, ...aliases]))];
}

/** Union-find over identifiers, with path halving. */
class Forest {
  readonly #parents = new Map<string, string>();

  add(id: string): void {
    if (!this.#parents.has(id)) this.#parents.set(id, id);
  }

  join(left: string, right: string): void {
    this.add(left);
    this.add(right);
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
