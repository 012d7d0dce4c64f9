import { isDigest, type Resource } from "@pratique/core";
import type { Store } from "@pratique/store";
import { resourceOfRegistry } from "../registries/registry-resource.ts";
import { resourcesOfException } from "./exception-resources.ts";
import type { ResourceIndex } from "./resource-finder.ts";

/** An image that lies on more hosts than this is judged by these: a scope covers it by any one of them. */
const MAX_PLACES = 10_000;

/** Finds where things lie by what the store knows. */
export function indexStore(store: Store): ResourceIndex {
  const { fleet } = store;
  return {
    host: async (name) => {
      if ((await fleet.identities.find(name)) === undefined) return undefined;
      return { hosts: await placesOf(store, [name]) };
    },
    image: async (imageId) => {
      if (!isDigest(imageId) || !(await store.images.has(imageId))) return undefined;
      const places = await fleet.locations.of(imageId, MAX_PLACES);
      const hosts = await placesOf(
        store,
        places.map(({ host }) => host),
      );
      return { hosts, repositories: await fleet.locations.repositories(imageId) };
    },
    container: async (containerId) => {
      const { host, id } = splitContainerId(containerId);
      const repository = await fleet.containers.repositoryOf(host, id);
      return repository === undefined ? undefined : await resourceOf(store, { host, repository });
    },
    launch: async (launchId) => {
      const place = await store.launches.placeOf(launchId);
      return place === undefined ? undefined : await resourceOf(store, place);
    },
    detection: async (detectionId) => {
      const place = await store.runtime.detections.placeOf(detectionId);
      return place === undefined ? undefined : await resourceOf(store, place);
    },
    exception: async (exceptionId) => {
      const exception = await fleet.exceptions.find(exceptionId);
      return exception === undefined ? undefined : await resourcesOfException(exception.scope, store);
    },
    registry: async (id) => {
      const registry = await store.registries.settings.find(id);
      return registry && resourceOfRegistry(registry);
    },
    approval: async (approvalId) => (await store.people.approvals.find(approvalId))?.resources,
  };
}

/** The host and the engine's id in the id of a container: `host~id`. */
export function splitContainerId(containerId: string): { readonly host: string; readonly id: string } {
  const at = containerId.lastIndexOf("~");
  return { host: containerId.slice(0, Math.max(at, 0)), id: containerId.slice(at + 1) };
}

async function resourceOf(
  store: Store,
  { host, repository }: { readonly host: string; readonly repository: string | null },
): Promise<Resource> {
  return {
    hosts: await placesOf(store, [host]),
    repositories: repository === null ? [] : [repository],
  };
}

async function placesOf(store: Store, names: readonly string[]): Promise<NonNullable<Resource["hosts"]>> {
  const labels = await store.hosts.labelsOf(names);
  return names.map((name) => ({ name, labels: labels.get(name) ?? {} }));
}
