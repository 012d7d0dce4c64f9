import { Grid, GridItem, PageSection, Tab, Tabs, TabTitleText } from "@patternfly/react-core";
import { type Container, showContainer } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMay } from "../api/may.ts";
import { readQuery } from "../api/queries.ts";
import { ContainerFindings, ContainerImage, RunsAs } from "../parts/containers/container-columns.tsx";
import { ContainerLive } from "../parts/containers/container-live.tsx";
import { RespondButton } from "../parts/containers/container-respond.tsx";
import { UndoButton } from "../parts/containers/container-responses.tsx";
import { ContainerState } from "../parts/containers/container-state.tsx";
import { Fact, Facts } from "../parts/facts.tsx";
import { OutcomeLabel } from "../parts/launches/verdict-label.tsx";
import { CsvHere } from "../parts/lists/csv-here.tsx";
import { type Column, ListTable } from "../parts/lists/list-table.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Read } from "../parts/read.tsx";
import { RelativeTime } from "../parts/relative-time.tsx";
import { Section } from "../parts/section.tsx";

const route = getRouteApi("/app/containers/$containerId");

/** One container: what it is, what its image holds, and how it came to run. */
export function ContainerPage() {
  const { containerId } = route.useParams();
  const container = useQuery(readQuery(showContainer, { params: { containerId } }));
  return (
    <>
      <PageHead
        title={container.data?.name ?? containerId.replace(/^.*~/u, "").slice(0, 12)}
        parent={{ to: "/containers", label: "Containers" }}
        actions={
          container.data !== undefined && (
            <>
              <UndoButton container={container.data} />
              <RespondButton container={container.data} />
            </>
          )
        }
      />
      <PageSection isFilled>
        <Read query={container} what="the container">
          {(known) => <DetailTabs container={known} />}
        </Read>
      </PageSection>
    </>
  );
}

function DetailTabs({ container }: { readonly container: Container }) {
  const { tab = "container" } = route.useSearch();
  const navigate = route.useNavigate();
  if (useMay()("runtime.read") === undefined) return <Detail container={container} />;
  return (
    <Tabs
      activeKey={tab}
      mountOnEnter
      unmountOnExit
      aria-label="Parts of the container"
      onSelect={(_, key) =>
        void navigate({ search: { tab: key === "live" ? "live" : undefined }, replace: true })
      }
    >
      <Tab eventKey="container" title={<TabTitleText>Container</TabTitleText>}>
        <div className="tab-content">
          <Detail container={container} />
        </div>
      </Tab>
      <Tab eventKey="live" title={<TabTitleText>Live</TabTitleText>}>
        <div className="tab-content">
          <ContainerLive container={container} />
        </div>
      </Tab>
    </Tabs>
  );
}

function Detail({ container }: { readonly container: Container }) {
  const labels = Object.entries(container.labels);
  return (
    <Grid hasGutter>
      <GridItem xl={6}>
        <Section title="Container">
          <State container={container} />
        </Section>
      </GridItem>
      <GridItem xl={6}>
        <Section title="Image and decision">
          <Image container={container} />
        </Section>
      </GridItem>
      <GridItem span={12}>
        <Section title="Labels">
          {labels.length === 0 ? (
            <p className="subtle">It has none.</p>
          ) : (
            <CsvHere fileName="labels" rows={[["name", "value"], ...labels]}>
              <ListTable label="Labels" columns={labelColumns} items={labels} keyOf={([name]) => name} />
            </CsvHere>
          )}
        </Section>
      </GridItem>
    </Grid>
  );
}

const labelColumns: readonly Column<readonly [name: string, value: string]>[] = [
  { label: "Name", cell: ([name]) => <code className="break">{name}</code> },
  { label: "Value", cell: ([, value]) => <span className="break">{value}</span> },
];

function State({ container }: { readonly container: Container }) {
  const { id, host, state, createdAt, startedAt, seenAt, ports, restartPolicy } = container;
  return (
    <Facts label="Container">
      <Fact term="State">
        <ContainerState state={state} /> <span className="subtle">seen </span>
        <RelativeTime time={seenAt} />
      </Fact>
      <Fact term="Host">
        <Link to="/hosts/$host" params={{ host }}>
          {host}
        </Link>
      </Fact>
      <Fact term="Id">
        <code className="break">{id}</code>
      </Fact>
      <Fact term="Runs as">
        <RunsAs container={container} />
      </Fact>
      <Fact term="Ports">
        {ports.length === 0 ? <span className="subtle">none published</span> : ports.map(portText).join(", ")}
      </Fact>
      <Fact term="Restart policy">{restartPolicy === "" ? "no" : restartPolicy}</Fact>
      <Fact term="Created">
        <RelativeTime time={createdAt} />
      </Fact>
      <Fact term="Started">
        {startedAt === undefined ? <span className="subtle">never</span> : <RelativeTime time={startedAt} />}
      </Fact>
    </Facts>
  );
}

function portText({ hostIp, hostPort, containerPort, protocol }: Container["ports"][number]): string {
  if (hostPort === 0) return `${containerPort}/${protocol}`;
  return `${hostIp === "" ? "every address" : hostIp}:${hostPort} to ${containerPort}/${protocol}`;
}

function Image({ container }: { readonly container: Container }) {
  const { host, imageId, lastVerdict } = container;
  const maySeeProfile = useMay()("runtime.read") !== undefined;
  return (
    <Facts label="Image and decision">
      <Fact term="Image">
        <ContainerImage container={container} />
      </Fact>
      <Fact term="Image id">
        {imageId === undefined ? (
          <span className="subtle">unknown</span>
        ) : (
          <code className="break">{imageId}</code>
        )}
      </Fact>
      <Fact term="Findings">
        <ContainerFindings container={container} />
      </Fact>
      {maySeeProfile && imageId !== undefined && (
        <Fact term="Profile">
          <Link to="/profiles" search={{ host, imageId }}>
            What its host learned of the image
          </Link>
        </Fact>
      )}
      <Fact term="Last verdict">
        {lastVerdict === null ? (
          <span className="subtle">No launch of it was judged: it may be older than the gate.</span>
        ) : (
          <span className="label-row">
            <OutcomeLabel outcome={lastVerdict.decision === "allow" ? "allowed" : "denied"} />
            <Link to="/launches/$launchId" params={{ launchId: lastVerdict.launchId }}>
              <RelativeTime time={lastVerdict.decidedAt} />
            </Link>
          </span>
        )}
      </Fact>
    </Facts>
  );
}
