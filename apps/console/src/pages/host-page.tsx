import { Grid, GridItem, PageSection, Tab, Tabs, TabTitleText } from "@patternfly/react-core";
import { type HostEntry, type HostStatus, listContainers, showHost } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { listSource } from "../api/list-source.ts";
import { useMay } from "../api/may.ts";
import { readQuery } from "../api/queries.ts";
import {
  containerColumnsOfHost,
  containerIdOf,
  containerOrder,
} from "../parts/containers/container-columns.tsx";
import { stateOptions } from "../parts/containers/container-state.tsx";
import { HostActions } from "../parts/hosts/host-actions.tsx";
import { HostAlerts } from "../parts/hosts/host-alerts.tsx";
import { HostDecisions, HostIdentity, HostState } from "../parts/hosts/host-facts.tsx";
import { StatusLabel } from "../parts/hosts/host-labels.tsx";
import { HostRuntime } from "../parts/hosts/host-runtime.tsx";
import { CsvHere } from "../parts/lists/csv-here.tsx";
import { ListPanel } from "../parts/lists/list-panel.tsx";
import { type Column, ListTable } from "../parts/lists/list-table.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Read } from "../parts/read.tsx";
import { RelativeTime } from "../parts/relative-time.tsx";
import { Section } from "../parts/section.tsx";
import { Empty } from "../parts/states.tsx";
import { useListAddress } from "../parts/use-address.ts";
import { csvRows } from "../text/csv.ts";

const route = getRouteApi("/app/hosts/$host");

/** An agent that has fallen silent sends no event to say so. */
const LOOK_AGAIN_MS = 30_000;

/** One host: what decides there and by what, who it is, what runs on it, and what is not covered. */
export function HostPage() {
  const { host: name } = route.useParams();
  const host = useQuery({
    ...readQuery(showHost, { params: { host: name } }),
    refetchInterval: LOOK_AGAIN_MS,
  });
  return (
    <>
      <PageHead
        title={name}
        parent={{ to: "/hosts", label: "Hosts" }}
        actions={host.data !== undefined && <HostActions host={host.data} />}
      />
      <PageSection isFilled>
        <Read query={host} what="the host">
          {(known) => <DetailTabs host={known} />}
        </Read>
      </PageSection>
    </>
  );
}

function DetailTabs({ host }: { readonly host: HostEntry }) {
  const { tab = "host", ...address } = route.useSearch();
  const navigate = route.useNavigate();
  if (useMay()("runtime.read") === undefined) return <Detail host={host} />;
  return (
    <Tabs
      activeKey={tab}
      mountOnEnter
      unmountOnExit
      aria-label="Parts of the host"
      onSelect={(_, key) =>
        void navigate({ search: { tab: key === "runtime" ? "runtime" : undefined }, replace: true })
      }
    >
      <Tab eventKey="host" title={<TabTitleText>Host</TabTitleText>}>
        <div className="tab-content">
          <Detail host={host} />
        </div>
      </Tab>
      <Tab eventKey="runtime" title={<TabTitleText>Runtime</TabTitleText>}>
        <div className="tab-content">
          <HostRuntime host={host.name} address={address} />
        </div>
      </Tab>
    </Tabs>
  );
}

function Detail({ host }: { readonly host: HostEntry }) {
  const mayContainers = useMay()("containers.read") !== undefined;
  const { status } = host;
  return (
    <>
      <HostAlerts host={host} />
      <Grid hasGutter>
        {status === null ? (
          <GridItem span={12}>
            <Empty title="Its agent has not reported yet" command="pratique agent">
              The agent looks at the engine, scans images and watches over the gate.
            </Empty>
          </GridItem>
        ) : (
          <Reported host={host} status={status} />
        )}
        <GridItem xl={status === null ? 12 : 6}>
          <Section title="Identity">
            <HostIdentity host={host} />
          </Section>
        </GridItem>
        {mayContainers && (
          <GridItem span={12}>
            <Section title="Containers">
              <Containers key={host.name} name={host.name} />
            </Section>
          </GridItem>
        )}
      </Grid>
    </>
  );
}

function Reported({ host, status }: { readonly host: HostEntry; readonly status: HostStatus }) {
  return (
    <>
      <GridItem xl={6}>
        <Section title="Decisions">
          <HostDecisions host={host} status={status} />
        </Section>
      </GridItem>
      <GridItem xl={6}>
        <Section title="State">
          <HostState host={host} status={status} />
        </Section>
      </GridItem>
      <GridItem span={12}>
        <Section title="Not covered">
          <NotCovered gaps={status.notCovered} />
        </Section>
      </GridItem>
      <GridItem xl={6}>
        <Section title="Advisories">
          <CsvHere fileName="sources-of-advisories" rows={csvRows(status.advisories.sources, sourceCells)}>
            <ListTable
              label="Sources of advisories"
              columns={sourceColumns}
              items={status.advisories.sources}
              keyOf={({ source }) => source}
            />
          </CsvHere>
        </Section>
      </GridItem>
    </>
  );
}

type Source = HostStatus["advisories"]["sources"][number];

const sourceColumns: readonly Column<Source>[] = [
  { label: "Source", cell: ({ source }) => source },
  { label: "Read", cell: ({ builtAt }) => <RelativeTime time={builtAt} /> },
  {
    label: "State",
    cell: ({ stale }) => (
      <StatusLabel status={stale ? "warning" : "success"} text={stale ? "Stale" : "Fresh"} />
    ),
  },
  {
    label: "Coverage",
    cell: ({ coverage }) => (coverage === "full" ? "full" : "starter set, far from complete"),
  },
];

const sourceCells = {
  source: ({ source }: Source) => source,
  builtAt: ({ builtAt }: Source) => builtAt,
  stale: ({ stale }: Source) => String(stale),
  coverage: ({ coverage }: Source) => coverage,
};

type Gap = HostStatus["notCovered"][number];

const gapColumns: readonly Column<Gap>[] = [
  { label: "What", cell: ({ what }) => what },
  { label: "Why", cell: ({ why }) => why },
  { label: "How to change it", cell: ({ fix }) => fix },
];

const gapCells = {
  what: ({ what }: Gap) => what,
  why: ({ why }: Gap) => why,
  fix: ({ fix }: Gap) => fix,
};

function NotCovered({ gaps }: { readonly gaps: readonly Gap[] }) {
  if (gaps.length === 0) return <p>The agent knows of nothing that it does not cover.</p>;
  return (
    <CsvHere fileName="what-is-not-covered" rows={csvRows(gaps, gapCells)}>
      <ListTable
        label="What this host does not cover"
        columns={gapColumns}
        items={gaps}
        keyOf={({ what }) => what}
      />
    </CsvHere>
  );
}

function Containers({ name }: { readonly name: string }) {
  const [address, change] = useListAddress(listContainers);
  return (
    <ListPanel
      label="Containers"
      source={listSource(listContainers, { query: { host: name } })}
      address={address}
      onAddress={change}
      columns={containerColumnsOfHost}
      standardOrder={containerOrder}
      filters={[
        { kind: "search", name: "text", label: "Find containers" },
        { kind: "choice", name: "state", label: "State", anyText: "Any state", options: stateOptions },
      ]}
      keyOf={containerIdOf}
      empty={<p>The agent has reported no container.</p>}
    />
  );
}
