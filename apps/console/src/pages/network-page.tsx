import { Card, CardBody, Grid, GridItem, PageSection, Toolbar, ToolbarContent } from "@patternfly/react-core";
import { showNetworkMap } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { readQuery } from "../api/queries.ts";
import { Alert } from "../parts/alert.tsx";
import { useHostFilter } from "../parts/hosts/use-host-filter.ts";
import { CsvHere } from "../parts/lists/csv-here.tsx";
import { type ListFilter, ListFilters } from "../parts/lists/list-filters.tsx";
import { type Column, ListTable } from "../parts/lists/list-table.tsx";
import { ListedLabel } from "../parts/network/listed-label.tsx";
import { NetworkGraph } from "../parts/network/network-graph.tsx";
import type { NetworkMap, NetworkNode } from "../parts/network/network-map.ts";
import { PageHead } from "../parts/page-head.tsx";
import { Read } from "../parts/read.tsx";
import { RelativeTime } from "../parts/relative-time.tsx";
import { Section } from "../parts/section.tsx";
import { Empty, NothingFits } from "../parts/states.tsx";
import { type ChangeAddress, useAddressChange } from "../parts/use-address.ts";
import { peerName } from "../text/peer-name.ts";

const route = getRouteApi("/app/network");
const search: ListFilter = { kind: "search", name: "text", label: "Find a peer" };

/** Who talks to whom: as a picture, and as a table. */
export function NetworkPage() {
  const { host, text = "" } = route.useSearch();
  const change = useAddressChange();
  const map = useQuery(readQuery(showNetworkMap, { query: host === undefined ? {} : { host } }));
  const filters = [search, useHostFilter(host)];
  return (
    <>
      <PageHead
        title="Network"
        lead="Which containers talk to whom, as their hosts saw it last; who asks stands to the left of whom they ask"
      />
      <PageSection isFilled>
        <Grid hasGutter>
          <GridItem span={12}>
            <Card>
              <CardBody>
                <Toolbar inset={{ default: "insetNone" }}>
                  <ToolbarContent>
                    <ListFilters
                      filters={filters}
                      address={{ host, text: text || undefined }}
                      onChange={change}
                    />
                  </ToolbarContent>
                </Toolbar>
                <Read query={map} what="the map">
                  {(known) => (
                    <Picture map={known} text={text} isNarrowed={host !== undefined} onChange={change} />
                  )}
                </Read>
              </CardBody>
            </Card>
          </GridItem>
          {map.data !== undefined && map.data.edges.length > 0 && (
            <GridItem span={12}>
              <Section title="Connections">
                <Connections map={map.data} text={text} />
              </Section>
            </GridItem>
          )}
        </Grid>
      </PageSection>
    </>
  );
}

interface PictureProps {
  readonly map: NetworkMap;
  readonly text: string;
  readonly isNarrowed: boolean;
  readonly onChange: ChangeAddress;
}

function Picture({ map, text, isNarrowed, onChange }: PictureProps) {
  const navigate = useNavigate();
  const shown = useMemo(() => narrowedTo(map, text), [map, text]);
  const choose = ({ kind, host, containerId }: NetworkNode) => {
    if (host === undefined) return;
    if (kind === "host") void navigate({ to: "/hosts/$host", params: { host } });
    if (containerId === undefined) return;
    const params = { containerId: `${host}~${containerId}` };
    void navigate({ to: "/containers/$containerId", params, search: { tab: "live" } });
  };
  if (map.nodes.length === 0 && !isNarrowed) {
    return (
      <Empty title="Nobody was seen to talk yet" command="pratique doctor">
        Agents tell whom containers talk to as soon as their sensor runs. This says whether it can on a host,
        and what to do where it cannot.
      </Empty>
    );
  }
  if (shown.nodes.length === 0) {
    return <NothingFits onClear={() => onChange({ host: undefined, text: undefined })} />;
  }
  return (
    <>
      {!map.complete && (
        <Alert isInline variant="warning" title="There is more talk than can be drawn" component="p">
          Choose a host to see all of it.
        </Alert>
      )}
      <NetworkGraph nodes={shown.nodes} edges={shown.edges} onChoose={choose} />
    </>
  );
}

/** Whoever a text names, and whom they talk with. */
function narrowedTo(map: NetworkMap, text: string): Pick<NetworkMap, "nodes" | "edges"> {
  const present = new Set(map.nodes.map(({ id }) => id));
  const named = new Set(map.nodes.filter((node) => isNamed(node, text)).map(({ id }) => id));
  const edges = map.edges.filter(
    ({ from, to }) => present.has(from) && present.has(to) && (named.has(from) || named.has(to)),
  );
  const talking = new Set(edges.flatMap(({ from, to }) => [from, to]));
  // Who is silent is worth a place only where one asks for them.
  const nodes = map.nodes.filter(({ id }) => talking.has(id) || (text !== "" && named.has(id)));
  return { nodes, edges };
}

function isNamed(node: NetworkNode, text: string): boolean {
  const { image = "", host = "" } = node;
  return `${peerName(node)} ${image} ${host}`.toLowerCase().includes(text.toLowerCase());
}

interface Line {
  readonly from: NetworkNode;
  readonly to: NetworkNode;
  readonly edge: NetworkMap["edges"][number];
}

const columns: readonly Column<Line>[] = [
  { label: "From", cell: ({ from }) => <PeerName node={from} /> },
  { label: "To", cell: ({ to }) => <PeerName node={to} /> },
  {
    label: "Port",
    cell: ({ edge: { protocol, port } }) => (port === 0 ? protocol : `${port}/${protocol}`),
  },
  { label: "Connections", isNumber: true, cell: ({ edge }) => edge.connections.toLocaleString("en") },
  { label: "Refused", isNumber: true, cell: ({ edge }) => edge.refused.toLocaleString("en") },
  { label: "Last", cell: ({ edge }) => <RelativeTime time={edge.lastAt} /> },
];

function Connections({ map, text }: { readonly map: NetworkMap; readonly text: string }) {
  const { nodes, edges } = narrowedTo(map, text);
  const known = new Map(nodes.map((node) => [node.id, node]));
  const lines = edges.flatMap((edge): readonly Line[] => {
    const from = known.get(edge.from);
    const to = known.get(edge.to);
    return from === undefined || to === undefined ? [] : [{ from, to, edge }];
  });
  const rows = lines.map(({ from, to, edge: { protocol, port, connections, refused, lastAt } }) => [
    peerName(from),
    from.host ?? "",
    peerName(to),
    to.host ?? "",
    protocol,
    port,
    connections,
    refused,
    to.listed?.value ?? from.listed?.value ?? "",
    to.listed?.source ?? from.listed?.source ?? "",
    lastAt,
  ]);
  const head = [
    "from",
    "fromHost",
    "to",
    "toHost",
    "protocol",
    "port",
    "connections",
    "refused",
    "listed",
    "listedBy",
    "lastAt",
  ];
  return (
    <CsvHere fileName="connections" rows={[head, ...rows]}>
      <ListTable
        label="Connections"
        columns={columns}
        items={lines}
        keyOf={({ edge: { from, to, protocol, port } }) => `${from} ${to} ${protocol} ${port}`}
      />
    </CsvHere>
  );
}

function PeerName({ node }: { readonly node: NetworkNode }) {
  const { kind, host, containerId, image, listed } = node;
  const label = peerName(node);
  if (kind === "outside" || host === undefined) {
    return (
      <>
        <span className="break">{label}</span>
        {listed !== undefined && (
          <div>
            <ListedLabel listed={listed} called={label} />
          </div>
        )}
      </>
    );
  }
  if (containerId === undefined) {
    return (
      <Link to="/hosts/$host" params={{ host }} className="break">
        {label}
      </Link>
    );
  }
  return (
    <>
      <Link
        to="/containers/$containerId"
        params={{ containerId: `${host}~${containerId}` }}
        search={{ tab: "live" }}
        className="strong break"
      >
        {label}
      </Link>
      <div className="subtle break">{[image, host].filter(Boolean).join(", ")}</div>
    </>
  );
}
