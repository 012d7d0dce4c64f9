import "../runtime.css";
import { Grid, GridItem } from "@patternfly/react-core";
import {
  type Container,
  type ContainerRuntimeReport,
  listDetections,
  showContainerRuntime,
} from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { listSource } from "../../api/list-source.ts";
import { useMay } from "../../api/may.ts";
import { readQuery } from "../../api/queries.ts";
import { formatCount } from "../../text/format.ts";
import { treeOf } from "../../text/process-tree.ts";
import { Alert } from "../alert.tsx";
import { detectionColumnsOfContainer } from "../detections/detection-columns.tsx";
import { detectionOutcomeOptions } from "../detections/detection-outcome.tsx";
import { priorityOrMore } from "../detections/priority-label.tsx";
import { CsvHere } from "../lists/csv-here.tsx";
import { ListPanel } from "../lists/list-panel.tsx";
import { type Column, ListTable } from "../lists/list-table.tsx";
import { Scroller } from "../lists/scroller.tsx";
import { ListedLabel } from "../network/listed-label.tsx";
import { Read } from "../read.tsx";
import { RelativeTime } from "../relative-time.tsx";
import { Section } from "../section.tsx";
import { Empty } from "../states.tsx";
import { useOwnAddress } from "../use-address.ts";
import { containerIdOf } from "./container-columns.tsx";
import { ContainerOrders } from "./container-orders.tsx";
import { CutButton } from "./container-respond.tsx";
import { ContainerResponses } from "./container-responses.tsx";
import { ProcessTree } from "./process-tree.tsx";
import { RateCharts } from "./rate-charts.tsx";

/** An agent tells every half a minute or so; after this long something is amiss, or the container is no more. */
const STALE_MS = 180_000;
const LOOK_AGAIN_MS = 15_000;

interface ContainerProps {
  readonly container: Container;
}

/** What goes on in a container, as its host's agent saw it last, and what was detected there. */
export function ContainerLive({ container }: ContainerProps) {
  const mayDetections = useMay()("detections.read") !== undefined;
  const runtime = useQuery({
    ...readQuery(showContainerRuntime, { params: { containerId: containerIdOf(container) } }),
    refetchInterval: LOOK_AGAIN_MS,
  });
  return (
    <Grid hasGutter>
      <Read query={runtime} what="what goes on">
        {({ runtime: known }) =>
          known === null ? (
            <GridItem span={12}>
              <Section title="Live">
                <Empty title="Nothing was seen of it yet" command="pratique doctor">
                  The sensor of its host tells what goes on in a container once it runs there. This says
                  whether it can, and what to do where it cannot.
                </Empty>
              </Section>
            </GridItem>
          ) : (
            <Seen runtime={known} container={container} />
          )
        }
      </Read>
      {mayDetections && (
        <GridItem span={12}>
          <Section title="Detections">
            <Detections container={container} />
          </Section>
        </GridItem>
      )}
      {mayDetections && (
        <GridItem span={12}>
          <ContainerOrders container={container} />
          <ContainerResponses container={container} />
        </GridItem>
      )}
    </Grid>
  );
}

function Seen({ runtime, container }: ContainerProps & { readonly runtime: ContainerRuntimeReport }) {
  const { takenAt, leftOut } = runtime;
  return (
    <>
      <GridItem span={12}>
        <p>
          Seen <RelativeTime time={takenAt} /> by the agent of{" "}
          <Link to="/hosts/$host" params={{ host: container.host }} search={{ tab: "runtime" }}>
            {container.host}
          </Link>
          {leftOut > 0 && `; ${formatCount(leftOut, "thing")} more did not fit`}.
        </p>
        {Date.now() - Date.parse(takenAt) > STALE_MS && <NotSeenSince container={container} />}
      </GridItem>
      <GridItem span={12}>
        <Section title="Last minute">
          <RateCharts runtime={runtime} />
        </Section>
      </GridItem>
      <GridItem span={12}>
        <Section title="Processes">
          <Processes runtime={runtime} />
        </Section>
      </GridItem>
      <GridItem span={12}>
        <Section title="Connections" aside={<OnTheMap container={container} />}>
          <Connections runtime={runtime} container={container} />
        </Section>
      </GridItem>
      <GridItem xl={4}>
        <Section title="Listening ports">
          <Listening runtime={runtime} />
        </Section>
      </GridItem>
      <GridItem xl={8}>
        <Section title="Files written">
          <Written runtime={runtime} />
        </Section>
      </GridItem>
    </>
  );
}

/** The map knows which container an address belongs to. */
function OnTheMap({ container: { host, name } }: ContainerProps) {
  return (
    <Link to="/network" search={{ host, text: name }}>
      On the map
    </Link>
  );
}

function NotSeenSince({ container: { state, host } }: ContainerProps) {
  if (state !== "running") {
    return (
      <Alert
        isInline
        variant="info"
        component="p"
        title={`It does not run now: its engine calls it ${state}`}
      >
        Below is what was seen of it last.
      </Alert>
    );
  }
  return (
    <Alert isInline variant="warning" component="p" title="This is not what goes on now">
      Its host has told nothing new since. See{" "}
      <Link to="/hosts/$host" params={{ host }} search={{ tab: "runtime" }}>
        whether its sensor runs
      </Link>
      .
    </Alert>
  );
}

interface RuntimeProps {
  readonly runtime: ContainerRuntimeReport;
}

function Processes({ runtime: { processes } }: RuntimeProps) {
  if (processes.length === 0) return <p className="subtle">None ran when it was seen last.</p>;
  const tree = treeOf(processes);
  const rows = tree.map(({ process: { pid, ppid, user, name, exePath, commandLine, startedAt } }) => [
    pid,
    ppid,
    user,
    name,
    exePath,
    commandLine,
    startedAt,
  ]);
  return (
    <CsvHere
      fileName="processes"
      rows={[["pid", "ppid", "user", "name", "exePath", "commandLine", "startedAt"], ...rows]}
    >
      <Scroller label="Processes, scrolled">
        <ProcessTree
          label="Processes"
          asideLabel="Started"
          lines={tree.map(({ process, depth }) => ({
            ...process,
            depth,
            aside: <RelativeTime time={process.startedAt} />,
          }))}
        />
      </Scroller>
    </CsvHere>
  );
}

type Flow = ContainerRuntimeReport["flows"][number];

const flowColumns: readonly Column<Flow>[] = [
  { label: "Direction", cell: ({ direction }) => (direction === "out" ? "to" : "from") },
  {
    label: "Peer",
    cell: ({ name, address, listed }) => (
      <>
        <span className="break">{name || address || "many addresses"}</span>
        {name !== "" && address !== "" && <div className="subtle break">{address}</div>}
        {listed !== undefined && (
          <div>
            <ListedLabel listed={listed} called={name || address} />
          </div>
        )}
      </>
    ),
  },
  {
    label: "Port",
    cell: ({ direction, port, localPort, protocol }) =>
      direction === "out" ? `${port}/${protocol}` : `${localPort}/${protocol}, its own`,
  },
  { label: "Connections", isNumber: true, cell: ({ connections }) => connections.toLocaleString("en") },
  { label: "Refused", isNumber: true, cell: ({ refused = 0 }) => refused.toLocaleString("en") },
  { label: "First", cell: ({ firstAt }) => <RelativeTime time={firstAt} /> },
  { label: "Last", cell: ({ lastAt }) => <RelativeTime time={lastAt} /> },
];

function cutColumn(container: Container): Column<Flow> {
  return {
    label: "Respond",
    cell: ({ address }) => <CutButton container={container} peer={address} />,
  };
}

function Connections({ runtime: { flows }, container }: RuntimeProps & ContainerProps) {
  const mayCut = useMay()("containers.respond") !== undefined;
  if (flows.length === 0) return <p className="subtle">It was not seen to talk to anybody.</p>;
  const newest = flows.toSorted((left, right) => right.lastAt.localeCompare(left.lastAt));
  const rows = newest.map(
    ({
      direction,
      name,
      address,
      port,
      localPort,
      protocol,
      connections,
      refused = 0,
      listed,
      firstAt,
      lastAt,
    }) => [
      direction,
      name,
      address,
      port,
      localPort,
      protocol,
      connections,
      refused,
      listed?.value ?? "",
      listed?.source ?? "",
      firstAt,
      lastAt,
    ],
  );
  const head = [
    "direction",
    "name",
    "address",
    "port",
    "localPort",
    "protocol",
    "connections",
    "refused",
    "listed",
    "listedBy",
    "firstAt",
    "lastAt",
  ];
  return (
    <CsvHere fileName="connections" rows={[head, ...rows]}>
      <ListTable
        label="Connections"
        columns={mayCut ? [...flowColumns, cutColumn(container)] : flowColumns}
        items={newest}
        keyOf={({ direction, protocol, localPort, address, port, name }) =>
          [direction, protocol, localPort, address, port, name].join(" ")
        }
      />
    </CsvHere>
  );
}

const anywhere: readonly string[] = ["0.0.0.0", "::"];

const listeningColumns: readonly Column<ContainerRuntimeReport["listening"][number]>[] = [
  { label: "Port", cell: ({ port, protocol }) => `${port}/${protocol}` },
  {
    label: "Address",
    cell: ({ address }) =>
      anywhere.includes(address) ? (
        <>
          every address <span className="subtle">{address}</span>
        </>
      ) : (
        <span className="break">{address}</span>
      ),
  },
];

function Listening({ runtime: { listening } }: RuntimeProps) {
  if (listening.length === 0) return <p className="subtle">It listens on none.</p>;
  const inOrder = listening.toSorted((left, right) => left.port - right.port);
  return (
    <CsvHere
      fileName="listening-ports"
      rows={[
        ["port", "protocol", "address"],
        ...inOrder.map(({ port, protocol, address }) => [port, protocol, address]),
      ]}
    >
      <ListTable
        label="Listening ports"
        columns={listeningColumns}
        items={inOrder}
        keyOf={({ protocol, address, port }) => `${protocol} ${address} ${port}`}
      />
    </CsvHere>
  );
}

const writtenColumns: readonly Column<ContainerRuntimeReport["written"][number]>[] = [
  { label: "File", cell: ({ path }) => <code className="break">{path}</code> },
  { label: "By", cell: ({ by }) => <span className="break">{by}</span> },
  { label: "Last", cell: ({ lastAt }) => <RelativeTime time={lastAt} /> },
];

function Written({ runtime: { written } }: RuntimeProps) {
  if (written.length === 0) return <p className="subtle">It was not seen to open a file for writing.</p>;
  const newest = written.toReversed();
  return (
    <CsvHere
      fileName="files-written"
      rows={[["path", "by", "lastAt"], ...newest.map(({ path, by, lastAt }) => [path, by, lastAt])]}
    >
      <ListTable
        label="Files written"
        columns={writtenColumns}
        items={newest}
        keyOf={({ path, by }) => `${path} ${by}`}
      />
    </CsvHere>
  );
}

function Detections({ container: { host, id } }: ContainerProps) {
  const [address, change] = useOwnAddress();
  return (
    <ListPanel
      label="Detections"
      source={listSource(listDetections, { query: { host, containerId: id } })}
      address={address}
      onAddress={change}
      columns={detectionColumnsOfContainer}
      filters={[
        { kind: "search", name: "text", label: "Find detections" },
        {
          kind: "choice",
          name: "priority",
          label: "Priority",
          anyText: "Any priority",
          options: priorityOrMore,
        },
        {
          kind: "choice",
          name: "outcome",
          label: "Outcome",
          anyText: "Any outcome",
          options: detectionOutcomeOptions,
        },
      ]}
      keyOf={(detection) => detection.id}
      empty={<p>Nothing was detected in it.</p>}
    />
  );
}
