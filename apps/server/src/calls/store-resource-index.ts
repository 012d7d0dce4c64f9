import { isDigest, type Resource } from "@pratique/core";
import type { Store } from "@pratique/store";
import type { ResourceIndex } from "./resource-finder.ts";

/** More places than this decide nothing more: a scope covers an image that lies on any host of its own. */
const MAX_PLACES = 1000;

/** Finds where things lie by what the store knows. */
export function indexStore(store: Store): ResourceIndex {
  const { containers, exceptions, locations } = store.fleet;

  const host = async (name: string): Promise<Resource | undefined> => {
    const found = await store.hosts.find(name);
    return found && { hosts: [{ name, labels: found.labels }] };
  };

  const image = async (imageId: string): Promise<Resource | undefined> => {
    if (!isDigest(imageId) || !(await store.images.has(imageId))) return undefined;
    const places = await locations.of(imageId, MAX_PLACES);
    const found = await Promise.all([...new Set(places.map(({ host: name }) => name))].map(host));
    return {
      hosts: found.flatMap((resource) => resource?.hosts ?? []),
      repositories: await locations.repositories(imageId),
    };
  };

  return {
    host,
    image,
    container: async (containerId) => {
      // A container's id is that of its host and its own: `web-1~4f66ad9a…`.
      const at = containerId.indexOf("~");
      const name = containerId.slice(0, at);
      const repository = await containers.repositoryOf(name, containerId.slice(at + 1));
      if (repository === undefined) return undefined;
      return { ...(await host(name)), ...(repository !== null && { repositories: [repository] }) };
    },
    launch: async (launchId) => {
      const found = await store.launches.find(launchId);
      return found && ((await host(found.host)) ?? { hosts: [{ name: found.host, labels: {} }] });
    },
    exception: async (id) => ((await exceptions.find(id)) === undefined ? undefined : [{}]),
    approval: async (id) => (await store.people.approvals.find(id))?.resources,
  };
}
