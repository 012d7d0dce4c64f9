import { isFromDistribution, type PackageFacts } from "@pratique/core";

/**
 * The packages of a document that nobody else has found: by type and name, and of a distribution's packages all where
 * its own database was found, since that knows what was removed.
 */
export function withoutFound(
  said: readonly PackageFacts[],
  found: readonly PackageFacts[],
): readonly PackageFacts[] {
  const names = new Set(found.map(({ type, name }) => `${type}\n${name.toLowerCase()}`));
  const databases = new Set(found.map(({ type }) => type).filter(isFromDistribution));
  const seen = new Set<string>();
  return said.filter((facts) => {
    const { type, name, version, architecture = "" } = facts;
    if (databases.has(type) || names.has(`${type}\n${name.toLowerCase()}`)) return false;
    // Several documents may list one package.
    const key = `${type}\n${name}\n${version}\n${architecture}`;
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}
