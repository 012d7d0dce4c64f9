import "../runtime.css";
import { Grid, GridItem, Toolbar, ToolbarContent } from "@patternfly/react-core";
import { type ReplyOf, showHostRuntime } from "@pratique/api";
import { type Enforceability, priorities } from "@pratique/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMay } from "../../api/may.ts";
import { readQuery } from "../../api/queries.ts";
import { isTechnique } from "../../text/attack-techniques.ts";
import { formatCount } from "../../text/format.ts";
import { Alert } from "../alert.tsx";
import { actionWords } from "../detections/detection-outcome.tsx";
import { PriorityLabel, priorityOrMore } from "../detections/priority-label.tsx";
import { TechniqueLink } from "../detections/technique-link.tsx";
import { Fact, Facts } from "../facts.tsx";
import { CsvHere } from "../lists/csv-here.tsx";
import { type ListFilter, ListFilters } from "../lists/list-filters.tsx";
import { type Column, ListTable } from "../lists/list-table.tsx";
import { Scroller } from "../lists/scroller.tsx";
import { Read } from "../read.tsx";
import { RelativeTime } from "../relative-time.tsx";
import { EnforceabilityLabel, enforceabilityOptions } from "../rules/enforceability-label.tsx";
import { RuleLink } from "../rules/rule-labels.tsx";
import { Section } from "../section.tsx";
import { Empty, NothingFits } from "../states.tsx";
import { type ListAddress, useAddressChange } from "../use-address.ts";
import { StatusLabel } from "./host-labels.tsx";

type HostRuntimeReply = ReplyOf<typeof showHostRuntime>;
type Sensor = NonNullable<HostRuntimeReply["sensor"]>;
type Rule = HostRuntimeReply["rules"][number];

const LOOK_AGAIN_MS = 30_000;

interface HostRuntimeProps {
  readonly host: string;
  readonly address: ListAddress;
}

/** What a host sees of what runs, and what it can do by each rule. */
export function HostRuntime({ host, address }: HostRuntimeProps) {
  const runtime = useQuery({
    ...readQuery(showHostRuntime, { params: { host } }),
    refetchInterval: LOOK_AGAIN_MS,
  });
  return (
    <Read query={runtime} what="what the host sees">
      {({ takenAt, sensor, rules }) =>
        takenAt === null || sensor === null ? (
          <Section title="Runtime">
            <Empty title="It has told nothing of what runs yet" command="pratique doctor">
              The agent starts a sensor that sees processes, files and connections of containers. This says on
              the host whether the kernel allows it, and what to do where it does not.
            </Empty>
          </Section>
        ) : (
          <Grid hasGutter>
            <GridItem xl={sensor.primitives.length === 0 ? 12 : 5}>
              <Section title="Sensor">
                <SensorState sensor={sensor} takenAt={takenAt} />
              </Section>
            </GridItem>
            {sensor.primitives.length > 0 && (
              <GridItem xl={7}>
                <Section title="What loads in its kernel">
                  <Primitives sensor={sensor} />
                </Section>
              </GridItem>
            )}
            <GridItem span={12}>
              <Section title="Rules">
                <Rules rules={rules} address={address} />
              </Section>
            </GridItem>
          </Grid>
        )
      }
    </Read>
  );
}

const states = {
  running: { status: "success", text: "Running" },
  starting: { status: "warning", text: "Starting" },
  off: { status: "warning", text: "Off" },
  failed: { status: "danger", text: "Failed" },
} as const satisfies Record<Sensor["state"], object>;

function SensorState({ sensor, takenAt }: { readonly sensor: Sensor; readonly takenAt: string }) {
  const { state, detail, events, dropped, suppressed, unattributed } = sensor;
  return (
    <>
      <div className="alerts">
        {detail !== "" && (
          <Alert
            isInline
            variant={state === "running" ? "info" : "warning"}
            component="p"
            title={state === "running" ? "It does not see everything" : "Why it does not run"}
          >
            <span className="break">{detail}</span>
          </Alert>
        )}
      </div>
      <Facts label="Sensor">
        <Fact term="State">
          <StatusLabel {...states[state]} />
        </Fact>
        <Fact term="Told">
          <RelativeTime time={takenAt} />
        </Fact>
        <Fact term="Events">
          {events.toLocaleString("en")} <span className="subtle">since it started</span>
        </Fact>
        <Fact term="Lost">
          <Count count={dropped} />
        </Fact>
        <Fact term="Left out by limits">
          <Count count={suppressed} />
        </Fact>
        <Fact term="Of no known container">
          <Count count={unattributed} />
        </Fact>
      </Facts>
    </>
  );
}

/** What should be nothing. */
function Count({ count }: { readonly count: number }) {
  return count === 0 ? "none" : <span className="alarm">{count.toLocaleString("en")}</span>;
}

type Primitive = Sensor["primitives"][number];
const isOn = ({ state }: Primitive) => state === "on";

const primitiveColumns: readonly Column<Primitive>[] = [
  { label: "What", cell: ({ name }) => <code className="word">{name}</code> },
  {
    label: "State",
    cell: (primitive) => (
      <StatusLabel
        status={isOn(primitive) ? "success" : "warning"}
        text={isOn(primitive) ? "Loads" : "Does not load"}
      />
    ),
  },
  {
    label: "What the kernel says",
    cell: ({ detail }) =>
      detail === "" ? <span className="subtle">nothing</span> : <span className="break">{detail}</span>,
  },
];

/** Those that do not load come first: they are what one can do something about. */
function Primitives({ sensor: { primitives } }: { readonly sensor: Sensor }) {
  const loaded = primitives.filter(isOn).length;
  const inOrder = primitives.toSorted(
    (left, right) => Number(isOn(left)) - Number(isOn(right)) || left.name.localeCompare(right.name),
  );
  return (
    <CsvHere
      fileName="kernel-programs"
      rows={[["name", "state", "detail"], ...inOrder.map(({ name, state, detail }) => [name, state, detail])]}
    >
      <p className="subtle">{`${loaded} of ${formatCount(primitives.length, "program")} load.`}</p>
      <Scroller label="Programs of the kernel, scrolled" isLow>
        <ListTable
          label="What loads in its kernel"
          columns={primitiveColumns}
          items={inOrder}
          keyOf={({ name }) => name}
        />
      </Scroller>
    </CsvHere>
  );
}

const filters: readonly ListFilter[] = [
  { kind: "search", name: "text", label: "Find rules" },
  {
    kind: "choice",
    name: "does",
    label: "What this host does",
    anyText: "Whatever it does",
    options: enforceabilityOptions,
  },
  { kind: "choice", name: "priority", label: "Priority", anyText: "Any priority", options: priorityOrMore },
];

const ruleColumns: readonly Column<Rule>[] = [
  { label: "Rule", cell: ({ rule }) => <RuleName rule={rule} /> },
  { label: "Priority", cell: ({ priority }) => <PriorityLabel priority={priority} /> },
  {
    label: "Techniques",
    cell: ({ tags }) =>
      tags.filter(isTechnique).map((technique) => (
        <div key={technique}>
          <TechniqueLink technique={technique} />
        </div>
      )),
  },
  {
    label: "Asks to",
    cell: ({ action }) => (action === undefined ? <span className="subtle">tell</span> : actionWords[action]),
  },
  { label: "This host", cell: (rule) => <EnforceabilityLabel how={whatItDoes(rule)} /> },
  { label: "Why", cell: (rule) => <Reasons rule={rule} /> },
];

function Rules({ rules, address }: { readonly rules: readonly Rule[]; readonly address: ListAddress }) {
  const change = useAddressChange();
  const shown = rules.filter((rule) => fits(rule, address));
  const counts = enforceabilityOptions.map(({ value }) => ({
    value,
    count: rules.filter((rule) => whatItDoes(rule) === value).length,
  }));
  if (rules.length === 0) {
    return (
      <Empty title="It has told no rules" command="pratique rules list">
        This lists on the host what its agent goes by.
      </Empty>
    );
  }
  return (
    <div className="panel">
      <div className="label-row">
        {counts.map(({ value, count }) => (
          <EnforceabilityLabel key={value} how={value} of={formatCount(count, "rule")} />
        ))}
      </div>
      <Toolbar inset={{ default: "insetNone" }}>
        <ToolbarContent>
          <ListFilters filters={filters} address={address} onChange={change} />
        </ToolbarContent>
      </Toolbar>
      {shown.length === 0 ? (
        <NothingFits onClear={() => change({ text: undefined, does: undefined, priority: undefined })} />
      ) : (
        <div>
          <CsvHere fileName="rules" rows={[ruleHead, ...shown.map(ruleRow)]}>
            <ListTable label="Rules" columns={ruleColumns} items={shown} keyOf={({ rule }) => rule} />
          </CsvHere>
        </div>
      )}
    </div>
  );
}

const ruleHead = ["rule", "priority", "tags", "action", "enabled", "does", "reasons"];

function ruleRow(rule: Rule): readonly string[] {
  const { rule: name, priority, tags, action, enabled, reasons } = rule;
  return [
    name,
    priority,
    tags.join(" "),
    action ?? "",
    String(enabled),
    whatItDoes(rule),
    reasons.join("; "),
  ];
}

/** A rule that is turned off does nothing, whatever it could. */
function whatItDoes({ enabled, enforceability }: Rule): Enforceability {
  return enabled ? enforceability : "off";
}

function fits(rule: Rule, { text = "", does, priority }: ListAddress): boolean {
  const words = [rule.rule, ...rule.tags, ...rule.reasons].join(" ").toLowerCase();
  if (!words.includes(text.toLowerCase())) return false;
  if (does !== undefined && whatItDoes(rule) !== does) return false;
  const least = priorities.find((each) => each === priority);
  return least === undefined || priorities.indexOf(rule.priority) <= priorities.indexOf(least);
}

function RuleName({ rule }: { readonly rule: string }) {
  const leadsToRule = useMay()("rules.read") !== undefined;
  if (leadsToRule) return <RuleLink rule={rule} />;
  return (
    <Link to="/detections" search={{ rule }} className="strong break">
      {rule}
    </Link>
  );
}

function Reasons({ rule: { enabled, reasons } }: { readonly rule: Rule }) {
  if (!enabled) return <span className="subtle">it is turned off</span>;
  if (reasons.length === 0) return <span className="subtle">all that it asks for</span>;
  return reasons.map((reason) => (
    <div key={reason} className="break">
      {reason}
    </div>
  ));
}
