import { listContainers } from "@pratique/api";
import { getRouteApi } from "@tanstack/react-router";
import { listSource } from "../api/list-source.ts";
import { containerColumns, containerIdOf, containerOrder } from "../parts/containers/container-columns.tsx";
import { stateOptions } from "../parts/containers/container-state.tsx";
import { useHostFilter } from "../parts/hosts/use-host-filter.ts";
import type { ListFilter } from "../parts/lists/list-filters.tsx";
import { ListPage } from "../parts/lists/list-page.tsx";
import { severityOrWorse } from "../parts/severity-label.tsx";
import { Empty } from "../parts/states.tsx";
import { shortDigest } from "../text/format.ts";

const route = getRouteApi("/app/containers");
const source = listSource(listContainers);

const search: ListFilter = { kind: "search", name: "text", label: "Find containers" };
const ofContainers: readonly ListFilter[] = [
  { kind: "choice", name: "state", label: "State", anyText: "Any state", options: stateOptions },
  { kind: "choice", name: "severity", label: "Severity", anyText: "Any severity", options: severityOrWorse },
  { kind: "switch", name: "knownExploited", label: "Exploited" },
  { kind: "given", name: "imageId", label: "Image", show: shortDigest },
];

/** The containers of all hosts. */
export function ContainersPage() {
  const address = route.useSearch();
  const host = useHostFilter(address.host);
  return (
    <ListPage
      label="Containers"
      lead="What the agents see on their hosts, running or not"
      source={source}
      address={address}
      columns={containerColumns}
      filters={[search, host, ...ofContainers]}
      standardOrder={containerOrder}
      keyOf={containerIdOf}
      empty={
        <Empty title="No agent has reported a container yet" command="docker run --detach nginx:1.27">
          Containers show here within seconds of being created, whatever started them.
        </Empty>
      }
    />
  );
}
