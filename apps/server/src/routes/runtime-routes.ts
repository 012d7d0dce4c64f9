import {
  containerReport,
  putRuntime,
  showContainerRuntime,
  showHostRuntime,
  showNetworkMap,
} from "@pratique/api";
import type { StoredContainerRuntime } from "@pratique/store";
import type { Binder } from "../bind.ts";
import { hostOf } from "../calls/agent-host.ts";
import { splitContainerId } from "../calls/store-resource-index.ts";
import type { Context } from "../context.ts";
import { type MappedContainer, networkMap } from "../runtime/network-map.ts";

/** More containers than can be drawn. */
const MAX_DRAWN = 500;

/** What agents tell of running containers. */
export function bindRuntimeReports(binder: Binder, { store, now }: Context): void {
  binder.bind(putRuntime, async ({ body, caller }) => {
    const host = await hostOf(caller, store);
    const { sensor, rules, containers } = body;
    // A host's clock could keep for ever what it made up.
    const takenAt = new Date(now()).toISOString();
    await store.runtime.reports.put({
      host,
      takenAt,
      sensor,
      ...(rules !== undefined && { rules }),
      containers: containers.map((document) => ({ containerId: document.containerId, document })),
    });
    return undefined;
  });
}

/** What goes on in running containers. */
export function bindRuntime(binder: Binder, { store }: Context): void {
  const { reports } = store.runtime;

  binder.bind(showContainerRuntime, async ({ params }) => {
    const { host, id } = splitContainerId(params.containerId);
    const found = await reports.ofContainer(host, id);
    return { runtime: found === undefined ? null : runtimeOf(found) };
  });

  binder.bind(showHostRuntime, async ({ params }) => {
    const found = await reports.ofHost(params.host);
    if (found === undefined) return { takenAt: null, sensor: null, rules: [] };
    return showHostRuntime.reply.parse(found);
  });

  binder.bind(showNetworkMap, async ({ query, seen }) => {
    const shown = await reports.visible({
      seen,
      limit: MAX_DRAWN,
      ...(query.host !== undefined && { host: query.host }),
    });
    const containers: MappedContainer[] = [];
    for (const stored of shown) {
      const container = await store.fleet.containers.find(stored.host, stored.containerId);
      if (container === undefined) continue;
      const report = containerReport.parse(container.document);
      const { id, name, image } = report;
      const runtime = runtimeOf(stored);
      const addresses = [...ownAddresses(runtime), ...(report.addresses ?? [])];
      const hasOwnNetwork = report.hostNamespaces?.includes("network") === false;
      containers.push({ host: stored.host, id, name, image, runtime, addresses, hasOwnNetwork });
    }
    return networkMap(containers);
  });
}

/** Checked when it was taken; read again, for an earlier version may have written it. */
function runtimeOf({ document }: StoredContainerRuntime) {
  return putRuntime.body.shape.containers.element.parse(document);
}

/** Where it listens on one address, that is its own. */
function ownAddresses({ listening }: ReturnType<typeof runtimeOf>): readonly string[] {
  const anywhere = new Set(["0.0.0.0", "::", "127.0.0.1", "::1"]);
  return [...new Set(listening.map(({ address }) => address))].filter((address) => !anywhere.has(address));
}
