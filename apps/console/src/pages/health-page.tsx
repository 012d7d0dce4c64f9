import { Grid, GridItem, Label, PageSection } from "@patternfly/react-core";
import { type ReplyOf, showHealth } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { readQuery } from "../api/queries.ts";
import { type Component, ComponentFacts, ComponentLabel } from "../parts/health-component.tsx";
import { CsvHere } from "../parts/lists/csv-here.tsx";
import { type Column, ListTable } from "../parts/lists/list-table.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Read } from "../parts/read.tsx";
import { RelativeTime } from "../parts/relative-time.tsx";
import { Section } from "../parts/section.tsx";
import { csvRows } from "../text/csv.ts";
import { formatCount } from "../text/format.ts";

type Health = ReplyOf<typeof showHealth>;
type Server = Health["servers"][number];
type Job = Health["jobs"][number];

/** Nothing tells of a part that slowly becomes worse. */
const LOOK_AGAIN_MS = 15_000;

const serverColumns: readonly Column<Server>[] = [
  {
    label: "Server",
    cell: ({ name, address }) => (
      <>
        <span className="strong break">{name}</span>
        <div className="subtle break">{address ?? "worker: scans registries, listens nowhere"}</div>
      </>
    ),
  },
  { label: "State", cell: (server) => <ServerState server={server} /> },
  { label: "Version", cell: ({ version }) => version },
  { label: "Agents", cell: (server) => agentsOf(server) },
  { label: "Started", cell: ({ startedAt }) => <RelativeTime time={startedAt} /> },
  { label: "Last heard", cell: ({ seenAt }) => <RelativeTime time={seenAt} /> },
];

const serverCells = {
  name: ({ name }: Server) => name,
  kind: ({ kind }: Server) => kind,
  address: ({ address }: Server) => address ?? "",
  state: ({ state }: Server) => state,
  version: ({ version }: Server) => version,
  listensForAgents: ({ listensForAgents }: Server) => String(listensForAgents),
  startedAt: ({ startedAt }: Server) => startedAt,
  seenAt: ({ seenAt }: Server) => seenAt,
};

const jobStates = {
  queued: { color: "blue", text: "Waiting" },
  running: { color: "teal", text: "Running" },
  failed: { color: "red", text: "Failed" },
  done: { color: "green", text: "Done" },
} as const satisfies Record<Job["state"], object>;

const jobColumns: readonly Column<Job>[] = [
  { label: "Job", cell: ({ name }) => <span className="strong">{name}</span> },
  {
    label: "State",
    cell: ({ state }) => (
      <Label isCompact color={jobStates[state].color}>
        {jobStates[state].text}
      </Label>
    ),
  },
  { label: "Attempts", cell: ({ attempts }) => attempts },
  { label: "Runs", cell: ({ runAt }) => <RelativeTime time={runAt} /> },
  { label: "Error", cell: ({ error }) => <span className="break">{error ?? ""}</span> },
];

const jobCells = {
  name: ({ name }: Job) => name,
  state: ({ state }: Job) => state,
  attempts: ({ attempts }: Job) => attempts,
  runAt: ({ runAt }: Job) => runAt,
  error: ({ error }: Job) => error ?? "",
};

const worstFirst: readonly Component["state"][] = ["down", "degraded", "ok"];

/** How the installation itself is: its parts, its servers, and its jobs. */
export function HealthPage() {
  const health = useQuery({ ...readQuery(showHealth), refetchInterval: LOOK_AGAIN_MS });
  return (
    <>
      <PageHead title="Health" lead={health.data === undefined ? undefined : summaryOf(health.data)} />
      <PageSection isFilled>
        <Read query={health} what="the health">
          {({ components, servers, jobs }) => (
            <Grid hasGutter>
              {components
                .toSorted((left, right) => worstFirst.indexOf(left.state) - worstFirst.indexOf(right.state))
                .map((component) => (
                  <GridItem key={component.name} md={6} xl={4}>
                    <Section
                      title={titleOf(component.name)}
                      aside={<ComponentLabel state={component.state} />}
                    >
                      <ComponentFacts component={component} />
                    </Section>
                  </GridItem>
                ))}
              <GridItem span={12}>
                <Section title="Servers and workers">
                  <CsvHere fileName="servers" rows={csvRows(servers, serverCells)}>
                    <ListTable
                      label="Servers and workers"
                      columns={serverColumns}
                      items={servers}
                      keyOf={({ name, address, startedAt }) => `${name} ${address} ${startedAt}`}
                    />
                  </CsvHere>
                </Section>
              </GridItem>
              <GridItem span={12}>
                <Section title="Jobs">
                  {jobs.length === 0 ? (
                    <p className="subtle">No job waits, runs or has failed.</p>
                  ) : (
                    <CsvHere fileName="jobs" rows={csvRows(jobs, jobCells)}>
                      <ListTable label="Jobs" columns={jobColumns} items={jobs} keyOf={({ id }) => id} />
                    </CsvHere>
                  )}
                </Section>
              </GridItem>
            </Grid>
          )}
        </Read>
      </PageSection>
    </>
  );
}

function ServerState({ server: { state } }: { readonly server: Server }) {
  return (
    <Label isCompact color={state === "running" ? "green" : "red"}>
      {state === "running" ? "Running" : "Silent"}
    </Label>
  );
}

function agentsOf({ kind, listensForAgents }: Server): string {
  if (kind === "worker") return "–";
  return listensForAgents ? "listens" : "does not listen";
}

function summaryOf({ version, components }: Health): string {
  const bad = components.filter(({ state }) => state !== "ok");
  const how =
    bad.length === 0
      ? "everything works"
      : `${formatCount(bad.length, "part")} of ${components.length} not well`;
  return `Version ${version}: ${how}`;
}

function titleOf(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}
