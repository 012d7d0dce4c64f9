import type { Advisory } from "@pratique/core";
import type { AliasGroup } from "./alias-groups.ts";

/** The kinds of identifiers, best known first. What is not listed comes last. */
const PREFERENCE = [/^CVE-/u, /^GHSA-/u, /^PYSEC-/u, /^MAL-/u];

/**
 * The identifier by which people know a vulnerability: a CVE where there is one, else GitHub's, else another. An
 * identifier under which an advisory stands goes before one that is only an alias.
 */
export function preferredIdentifier({ advisories, identifiers }: AliasGroup): string {
  const own = new Set(advisories.map(({ id }) => id));
  const [best = ""] = [...identifiers].sort(
    (left, right) =>
      rankOf(left) - rankOf(right) ||
      Number(own.has(right)) - Number(own.has(left)) ||
      compareText(left, right),
  );
  return best;
}

/**
 * Orders advisories by how well they serve as a reference: documents of their own first, the best known kind
 * first; then by text, so that the order in which they were read does not matter.
 */
export function compareReferences(left: Advisory, right: Advisory): number {
  return (
    Number(left.document === left.id) - Number(right.document === right.id) ||
    rankOf(left.document) - rankOf(right.document) ||
    compareText(left.document, right.document) ||
    compareText(left.source, right.source)
  );
}

/** Orders texts by their code units: the same on every machine. */
export function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function rankOf(id: string): number {
  const rank = PREFERENCE.findIndex((pattern) => pattern.test(id));
  return rank < 0 ? PREFERENCE.length : rank;
}
