import { listHosts } from "@pratique/api";
import { getRouteApi } from "@tanstack/react-router";
import { listSource } from "../api/list-source.ts";
import { useMay } from "../api/may.ts";
import { hostColumns } from "../parts/hosts/host-columns.tsx";
import { JoinButton } from "../parts/hosts/host-join.tsx";
import { JoinTokens } from "../parts/hosts/host-join-tokens.tsx";
import { agentOptions, gateOptions, identityOptions } from "../parts/hosts/host-labels.tsx";
import type { ListFilter } from "../parts/lists/list-filters.tsx";
import { ListPage } from "../parts/lists/list-page.tsx";
import { Empty } from "../parts/states.tsx";

const route = getRouteApi("/app/hosts");
const source = listSource(listHosts);

const filters: readonly ListFilter[] = [
  { kind: "search", name: "text", label: "Find hosts" },
  {
    kind: "choice",
    name: "gate",
    label: "Gate",
    anyText: "Any gate",
    options: [...gateOptions, { value: "not-enforcing", text: "Does not enforce" }],
  },
  { kind: "choice", name: "agent", label: "Agent", anyText: "Any agent", options: agentOptions },
  {
    kind: "choice",
    name: "identity",
    label: "Certificate",
    anyText: "Any certificate",
    options: [
      ...identityOptions,
      { value: "not-renewed", text: "Was not renewed" },
      { value: "not-revoked", text: "Not revoked" },
    ],
  },
  {
    kind: "choice",
    name: "policyErrors",
    label: "Policies",
    anyText: "Any policies",
    options: [
      { value: "true", text: "Cannot be read" },
      { value: "false", text: "Can be read" },
    ],
  },
  {
    kind: "choice",
    name: "advisories",
    label: "Advisories",
    anyText: "Any advisories",
    options: [
      { value: "stale", text: "Stale" },
      { value: "fresh", text: "Fresh" },
    ],
  },
  {
    kind: "choice",
    name: "sensor",
    label: "Sensor",
    anyText: "Any sensor",
    options: [
      { value: "running", text: "Watches" },
      { value: "down", text: "Is down" },
    ],
  },
];

/** All hosts, and what of each is as it should be. */
export function HostsPage() {
  const mayJoin = useMay()("hosts.join") !== undefined;
  return (
    <ListPage
      label="Hosts"
      lead="Where agents report from, and whether each host is held to its policies"
      actions={mayJoin && <JoinButton />}
      above={mayJoin && <JoinTokens />}
      source={source}
      address={route.useSearch()}
      columns={hostColumns}
      filters={filters}
      keyOf={({ name }) => name}
      empty={
        <Empty title="No agent has reported yet" command="pratique up">
          On this machine, this starts the agent. For any other host, make a token with “Join a host”.
        </Empty>
      }
    />
  );
}
