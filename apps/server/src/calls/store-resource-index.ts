import { hostStatus } from "@pratique/api";
import { isDigest } from "@pratique/core";
import type { Store } from "@pratique/store";
import type { ResourceIndex } from "./resource-finder.ts";

/** Finds where things lie by what the store knows. */
export function indexStore(store: Store): ResourceIndex {
  return {
    host: async (name) => {
      const host = await store.hosts.latest();
      if (host?.name !== name) return undefined;
      return { hosts: [{ name, labels: hostStatus.safeParse(host.status).data?.host.labels ?? {} }] };
    },
    image: async (imageId) =>
      isDigest(imageId) && (await store.images.find(imageId)) !== undefined ? {} : undefined,
    container: async () => undefined,
    launch: async (launchId) => ((await store.launches.find(launchId)) === undefined ? undefined : {}),
    exception: async () => undefined,
    approval: async (approvalId) => (await store.people.approvals.find(approvalId))?.resources,
  };
}
