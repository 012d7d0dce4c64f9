import { Label } from "@patternfly/react-core";
import type { HostEntry } from "@pratique/api";
import { Link } from "@tanstack/react-router";
import type { Column } from "../lists/list-table.tsx";
import { RelativeTime } from "../relative-time.tsx";
import { AdvisoriesLabel, AgentLabel, GateLabel, IdentityLabel, PolicyLabel } from "./host-labels.tsx";

/** Hosts, and what of each is as it should be. */
export const hostColumns: readonly Column<HostEntry>[] = [
  { label: "Host", cell: (host) => <Name host={host} /> },
  {
    label: "Gate",
    cell: ({ status }) =>
      status === null ? <span className="subtle">unknown</span> : <GateLabel state={status.gate.state} />,
  },
  {
    label: "Agent",
    cell: ({ agent, heardAt }) => (
      <>
        <AgentLabel agent={agent} />
        {heardAt !== null && (
          <div className="subtle">
            <RelativeTime time={heardAt} />
          </div>
        )}
      </>
    ),
  },
  { label: "Policies", cell: (host) => <PolicyLabel host={host} /> },
  { label: "Advisories", cell: (host) => <AdvisoriesLabel host={host} /> },
  {
    label: "Identity",
    cell: ({ identity }) => (
      <>
        <IdentityLabel identity={identity} />
        {identity.expiresAt !== null && (
          <div className="subtle">
            ends <RelativeTime time={identity.expiresAt} />
          </div>
        )}
      </>
    ),
  },
  {
    label: "Running",
    isNumber: true,
    info: "Containers that run now, of all that are there",
    cell: (host) => <Containers host={host} />,
  },
  {
    label: "Not covered",
    isNumber: true,
    info: "Ways in that the gate of this host does not see",
    cell: ({ status }) => (status === null ? "" : status.notCovered.length),
  },
];

function Name({ host: { name, status } }: { readonly host: HostEntry }) {
  const labels = Object.entries(status?.host.labels ?? {});
  return (
    <>
      <Link to="/hosts/$host" params={{ host: name }} className="strong break">
        {name}
      </Link>
      {status !== null && (
        <div className="subtle nowrap">
          {status.engine.name} {status.host.engineVersion}
          {status.engine.state === "down" && <span className="alarm"> down</span>}
        </div>
      )}
      <span className="label-row">
        {labels.map(([key, value]) => (
          <Label key={key} isCompact variant="outline">{`${key}=${value}`}</Label>
        ))}
      </span>
    </>
  );
}

function Containers({ host: { name, running, containers } }: { readonly host: HostEntry }) {
  return (
    <Link to="/containers" search={{ host: name }} className="nowrap">
      {`${running.toLocaleString("en")} of ${containers.toLocaleString("en")}`}
    </Link>
  );
}
