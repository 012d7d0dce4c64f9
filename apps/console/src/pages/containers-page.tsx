import { listContainers, listHosts } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { listQuery, listSource } from "../api/list-source.ts";
import { useMay } from "../api/may.ts";
import { containerColumns, containerIdOf, containerOrder } from "../parts/container-columns.tsx";
import { stateOptions } from "../parts/container-state.tsx";
import type { ListFilter } from "../parts/list-filters.tsx";
import { ListPage } from "../parts/list-page.tsx";
import { severityOrWorse } from "../parts/severity-label.tsx";
import { Empty } from "../parts/states.tsx";
import { shortDigest } from "../text/format.ts";

const route = getRouteApi("/app/containers");
const source = listSource(listContainers);
const hosts = listSource(listHosts);
/** More hosts are not offered one by one. */
const MOST_HOSTS = 200;

const ofContainers: readonly ListFilter[] = [
  { kind: "choice", name: "state", label: "State", anyText: "Any state", options: stateOptions },
  { kind: "choice", name: "severity", label: "Severity", anyText: "Any severity", options: severityOrWorse },
  { kind: "switch", name: "knownExploited", label: "Exploited" },
  { kind: "given", name: "imageId", label: "Image", show: shortDigest },
];

/** The hosts are those that one may see; an address may name another. */
function useFilters(chosen: string | undefined): readonly ListFilter[] {
  const mayHosts = useMay()("hosts.read") !== undefined;
  const { data } = useQuery({ ...listQuery(hosts, { limit: MOST_HOSTS }), enabled: mayHosts });
  const named = [...(data?.items ?? []).map(({ name }) => name), ...(chosen === undefined ? [] : [chosen])];
  return [
    { kind: "search", name: "text", label: "Find containers" },
    mayHosts
      ? {
          kind: "choice",
          name: "host",
          label: "Host",
          anyText: "Any host",
          options: [...new Set(named)].map((value) => ({ value, text: value })),
        }
      : { kind: "given", name: "host", label: "Host" },
    ...ofContainers,
  ];
}

/** The containers of all hosts. */
export function ContainersPage() {
  const address = route.useSearch();
  return (
    <ListPage
      label="Containers"
      lead="What the agents see on their hosts, running or not"
      source={source}
      address={address}
      columns={containerColumns}
      filters={useFilters(address.host)}
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
