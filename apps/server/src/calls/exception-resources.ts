import { type Digest, isDigest, type PolicyException, type Resource, type Scope } from "@pratique/core";
import { repositoryOf, type Store } from "@pratique/store";

type Places = Pick<Store, "hosts" | "fleet">;

/**
 * The parts of the fleet that an exception holds in: every pair of one of its hosts and one of its images, since it
 * lifts rules for each. All of them must be covered. A host that is named is taken with its labels; a pattern, and
 * what is left open, is a part of the fleet that only a scope as wide contains.
 */
export async function resourcesOfException(
  { hosts, images, digests }: PolicyException["scope"],
  places: Places,
): Promise<readonly Resource[]> {
  const onHosts = hosts === undefined ? [{}] : await partsOfHosts(hosts, places);
  const ofImages = [
    ...(images ?? []).map((image) => registryPart(repositoryPatternOf(image))),
    ...(await partsOfDigests(digests ?? [], places)),
  ];
  if (ofImages.length === 0) ofImages.push({});
  return onHosts.flatMap((host) => ofImages.map((image) => ({ within: { ...host, ...image } })));
}

async function partsOfHosts(hosts: readonly string[], { hosts: known }: Places): Promise<Scope[]> {
  const labels = await known.labelsOf(hosts.filter((host) => !host.includes("*")));
  return hosts.map((host) => {
    const own = Object.entries(labels.get(host) ?? {}).map(([key, value]) => [key, [value]]);
    return { hosts: [host], ...(own.length > 0 && { labels: Object.fromEntries(own) }) };
  });
}

/** The content lies in the repositories that it was seen in. What was never seen may be anything. */
async function partsOfDigests(digests: readonly string[], { fleet }: Places): Promise<Scope[]> {
  const parts: Scope[] = [];
  for (const digest of digests) {
    const found = isDigest(digest) ? await repositoriesOf(digest, fleet) : [];
    if (found.length === 0) parts.push({});
    else parts.push(...found.map((repository) => registryPart(repository)));
  }
  return parts;
}

async function repositoriesOf(digest: Digest, fleet: Store["fleet"]): Promise<readonly string[]> {
  return await fleet.locations.repositories(digest);
}

function registryPart(repository: string | undefined): Scope {
  return repository === undefined ? {} : { registries: [repository] };
}

/**
 * A pattern that fits the repository of every image that a pattern for images fits; undefined where that may be any.
 * A star takes tags and further parts of the path as well, so that what stands after the first one narrows nothing:
 * `ghcr.io/ac*me` fits `ghcr.io/ac/evil:1me`.
 */
function repositoryPatternOf(image: string): string | undefined {
  const star = image.indexOf("*");
  if (star < 0) return repositoryOf(image);
  const named = /^(?<registry>[^/]*[.:][^/]*|localhost)\/(?<rest>.*)$/u.exec(image.slice(0, star))?.groups;
  // The star may stand for any registry: short names are those of one, but patterns for them fit more.
  if (named === undefined) return undefined;
  const { rest = "" } = named;
  const registry = named.registry === "index.docker.io" ? "docker.io" : named.registry;
  const end = /[:@]/u.exec(rest)?.index;
  if (end !== undefined) return repositoryOf(`${registry}/${rest.slice(0, end)}`);
  // `docker.io/nginx` is `docker.io/library/nginx`, but `docker.io/nginx/` is not.
  if (registry === "docker.io" && !rest.includes("/")) return "docker.io/*";
  return `${registry}/${rest}*`;
}
