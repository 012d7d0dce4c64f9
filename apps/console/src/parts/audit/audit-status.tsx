import { Grid, GridItem, Label } from "@patternfly/react-core";
import { type ReplyOf, showAuditStatus } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { readQuery } from "../../api/queries.ts";
import { csvRows } from "../../text/csv.ts";
import { formatCount } from "../../text/format.ts";
import { Alert } from "../alert.tsx";
import { Fact, Facts } from "../facts.tsx";
import { CsvHere } from "../lists/csv-here.tsx";
import { type Column, ListTable } from "../lists/list-table.tsx";
import { Read } from "../read.tsx";
import { RelativeTime } from "../relative-time.tsx";
import { Section } from "../section.tsx";

type Status = ReplyOf<typeof showAuditStatus>;
type Witness = Status["witnesses"][number];
type LogKey = Status["keys"][number];
type Lag = Status["exporters"][number];

/** An export that is further behind than this is shown as late. */
const LATE_S = 60;

const witnessStates = {
  agrees: { status: "success", text: "Agrees" },
  behind: { status: "warning", text: "Behind" },
  refuses: { status: "danger", text: "Refuses" },
  silent: { status: "warning", text: "Silent" },
} as const satisfies Record<Witness["state"], object>;

const keyStates = {
  running: "Running",
  silent: "Silent",
  gone: "Gone",
} as const satisfies Record<LogKey["state"], string>;

const witnessColumns: readonly Column<Witness>[] = [
  { label: "Witness", cell: ({ name, key }) => <span title={key}>{name}</span> },
  { label: "State", cell: (witness) => <WitnessState witness={witness} /> },
  {
    label: "Has seen",
    cell: ({ size, seenAt }) =>
      size === null || seenAt === null ? (
        <span className="subtle">nothing yet</span>
      ) : (
        <>
          {formatCount(size, "entry", "entries")} <RelativeTime time={seenAt} />
        </>
      ),
  },
];

const keyColumns: readonly Column<LogKey>[] = [
  { label: "Signs", cell: ({ server }) => server },
  { label: "Since", cell: ({ since }) => <RelativeTime time={since} /> },
  { label: "State", cell: ({ state }) => keyStates[state] },
  { label: "Key", cell: ({ key }) => <code className="break">{key}</code> },
];

const lagColumns: readonly Column<Lag>[] = [
  { label: "Export", cell: ({ name }) => name },
  { label: "Sent", cell: ({ exported }) => formatCount(exported, "entry", "entries") },
  { label: "Behind", cell: (lag) => <LagLabel lag={lag} /> },
];

const witnessCells = {
  name: ({ name }: Witness) => name,
  key: ({ key }: Witness) => key,
  state: ({ state }: Witness) => state,
  size: ({ size }: Witness) => size ?? "",
  seenAt: ({ seenAt }: Witness) => seenAt ?? "",
  detail: ({ detail = "" }: Witness) => detail,
};

const keyCells = {
  server: ({ server }: LogKey) => server,
  since: ({ since }: LogKey) => since,
  state: ({ state }: LogKey) => state,
  key: ({ key }: LogKey) => key,
};

const lagCells = {
  name: ({ name }: Lag) => name,
  exported: ({ exported }: Lag) => exported,
  lagEntries: ({ lagEntries }: Lag) => lagEntries,
  lagSeconds: ({ lagSeconds }: Lag) => lagSeconds,
  error: ({ error }: Lag) => error ?? "",
};

/** How the log itself is: its newest head, who has seen it, and how far exports lag behind. */
export function AuditStatus() {
  const status = useQuery(readQuery(showAuditStatus));
  return (
    <Read query={status} what="the state of the log">
      {(known) => (
        <>
          <Alarms status={known} />
          <Grid hasGutter>
            <GridItem xl={6}>
              <Section title="The log">
                <Facts label="The log">
                  <Fact term="Entries">{known.size.toLocaleString("en")}</Fact>
                  <Fact term="Signed">
                    {known.checkpointAt === null ? (
                      <span className="subtle">not yet</span>
                    ) : (
                      <RelativeTime time={known.checkpointAt} />
                    )}
                  </Fact>
                  <Fact term="Root">
                    <code className="break">{known.rootHash}</code>
                  </Fact>
                  <Fact term="Key">
                    <code className="break">{known.key}</code>
                  </Fact>
                </Facts>
              </Section>
            </GridItem>
            <GridItem xl={6}>
              <Section title="Witnesses and exports">
                {known.witnesses.length === 0 ? (
                  <p className="subtle">
                    No witness watches this log: whoever owns the server and its key could replace it unseen.
                  </p>
                ) : (
                  <CsvHere fileName="witnesses" rows={csvRows(known.witnesses, witnessCells)}>
                    <ListTable
                      label="Witnesses"
                      columns={witnessColumns}
                      items={known.witnesses}
                      keyOf={({ key }) => key}
                    />
                  </CsvHere>
                )}
                {known.exporters.length === 0 ? (
                  <p className="subtle">The log is exported nowhere.</p>
                ) : (
                  <CsvHere fileName="exports-of-the-log" rows={csvRows(known.exporters, lagCells)}>
                    <ListTable
                      label="Exports of the log"
                      columns={lagColumns}
                      items={known.exporters}
                      keyOf={({ id }) => id}
                    />
                  </CsvHere>
                )}
              </Section>
            </GridItem>
            {known.keys.length > 1 && (
              <GridItem>
                <Section title="Keys of all servers">
                  <CsvHere fileName="keys-of-all-servers" rows={csvRows(known.keys, keyCells)}>
                    <ListTable
                      label="Keys of all servers"
                      columns={keyColumns}
                      items={known.keys}
                      keyOf={({ key, server, since }) => `${key} ${server} ${since}`}
                    />
                  </CsvHere>
                </Section>
              </GridItem>
            )}
          </Grid>
        </>
      )}
    </Read>
  );
}

function Alarms({ status: { unfinished, witnesses } }: { readonly status: Status }) {
  const refusing = witnesses.filter(({ state }) => state === "refuses");
  return (
    <div className="alerts">
      {refusing.map(({ name, detail }) => (
        <Alert key={name} isInline variant="danger" title={`The witness ${name} refuses the log`}>
          {detail}
        </Alert>
      ))}
      {unfinished > 0 && (
        <Alert
          isInline
          variant="warning"
          title={`Of ${formatCount(unfinished, "act")} that began, no outcome was recorded`}
        />
      )}
    </div>
  );
}

function WitnessState({ witness: { state, detail } }: { readonly witness: Witness }) {
  const { status, text } = witnessStates[state];
  return (
    <>
      <Label isCompact status={status}>
        {text}
      </Label>
      {detail !== undefined && <div className="subtle break">{detail}</div>}
    </>
  );
}

function LagLabel({ lag: { lagEntries, lagSeconds, error } }: { readonly lag: Lag }) {
  const late = lagSeconds > LATE_S;
  return (
    <>
      <Label isCompact status={error !== null ? "danger" : late ? "warning" : "success"}>
        {lagEntries === 0
          ? "nothing"
          : `${formatCount(lagEntries, "entry", "entries")}, ${Math.round(lagSeconds).toLocaleString("en")} s`}
      </Label>
      {error !== null && <div className="subtle break">{error}</div>}
    </>
  );
}
