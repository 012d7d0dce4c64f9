import {
  Alert,
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
  Label,
} from "@patternfly/react-core";
import type { GateState, HostEntry, HostStatus } from "@pratique/api";
import type { ReactNode } from "react";
import { formatCount } from "../text/format.ts";
import { Command } from "./command.tsx";
import { RelativeTime } from "./relative-time.tsx";
import { Empty } from "./states.tsx";

const gates = {
  enforcing: { status: "success", text: "Enforcing" },
  observing: { status: "warning", text: "Observing only" },
  "not-installed": { status: "warning", text: "Not installed" },
  down: { status: "danger", text: "Down" },
} as const satisfies Record<GateState, object>;

const agents = {
  reporting: { status: "success", text: "Reporting" },
  silent: { status: "danger", text: "Silent" },
  never: { status: "warning", text: "Never heard of" },
} as const satisfies Record<HostEntry["agent"], object>;

interface HostFactsProps {
  readonly host: HostEntry;
  /** Only what the first page needs. */
  readonly brief?: boolean;
}

/** The state of the host, part by part. */
export function HostFacts({ host, brief = false }: HostFactsProps) {
  const { status } = host;
  if (status === null) {
    return (
      <Empty title="No agent has reported yet" command="pratique up">
        The agent looks at the engine, scans images and watches over the gate.
      </Empty>
    );
  }
  const agent = agents[host.agent];
  const gate = gates[status.gate.state];
  return (
    <DescriptionList isCompact isHorizontal aria-label="Host">
      <Fact term="Name">{status.host.name}</Fact>
      <Fact term="Gate">
        <Label isCompact status={gate.status}>
          {gate.text}
        </Label>
        {status.gate.since !== undefined && !brief && (
          <span className="subtle">
            {" "}
            since <RelativeTime time={status.gate.since} />
          </span>
        )}
      </Fact>
      <Fact term="Engine">
        <Label isCompact status={status.engine.state === "up" ? "success" : "danger"}>
          {`${status.engine.name} ${status.host.engineVersion}, ${status.engine.state}`}
        </Label>
      </Fact>
      <Fact term="Agent">
        <Label isCompact status={agent.status}>
          {agent.text}
        </Label>
        {host.heardAt !== null && (
          <span className="subtle">
            {" "}
            heard <RelativeTime time={host.heardAt} />
          </span>
        )}
      </Fact>
      <Fact term="Advisories">
        <AdvisoryAges sources={status.advisories.sources} />
      </Fact>
      <Fact term="Policies">
        {formatCount(status.policies.names.length, "policy", "policies")}
        {brief ? "" : `: ${status.policies.names.join(", ")}`}
        {status.policies.exceptions > 0 && `, ${formatCount(status.policies.exceptions, "exception")}`}
      </Fact>
      <Fact term="Record">
        {formatCount(status.record.length, "entry", "entries")}
        <span className="subtle"> {shippedText(host, status)}</span>
      </Fact>
      {!brief && <MoreFacts status={status} />}
    </DescriptionList>
  );
}

function MoreFacts({ status }: { readonly status: HostStatus }) {
  return (
    <>
      <Fact term="Last hash">
        <code className="break">{status.record.lastHash}</code>
      </Fact>
      <Fact term="Policy revision">
        <code className="break">{status.policies.revision}</code>
      </Fact>
      <Fact term="Kernel">{status.host.kernel}</Fact>
      <Fact term="Socket">
        <code>{status.engine.socket}</code>
      </Fact>
      <Fact term="Gate restarts">{status.gate.restarts}</Fact>
      <Fact term="Agent version">
        {status.agent.version}
        <span className="subtle">
          {" "}
          started <RelativeTime time={status.agent.startedAt} />
        </span>
      </Fact>
    </>
  );
}

/** What is wrong with the host, and how to mend it. */
export function HostAlerts({ host: { agent, status } }: { readonly host: HostEntry }) {
  if (status === null) return null;
  const stale = status.advisories.sources.filter((source) => source.stale);
  return (
    <div className="alerts">
      {agent === "silent" && (
        <Alert isInline variant="danger" title="The agent has fallen silent: what is shown may be old">
          <Command>pratique doctor</Command>
        </Alert>
      )}
      {status.engine.state === "down" && (
        <Alert isInline variant="danger" title="The container engine does not answer">
          {status.engine.detail}
        </Alert>
      )}
      <GateAlert gate={status.gate} />
      {status.policies.errors.length > 0 && (
        <Alert
          isInline
          variant="warning"
          title="Policies could not be read: the last good ones stay in force"
        >
          {status.policies.errors.join("; ")}
        </Alert>
      )}
      {stale.length > 0 && (
        <Alert
          isInline
          variant="warning"
          title={`Advisories are out of date: ${stale.map(({ source }) => source).join(", ")}`}
        >
          <Command>pratique advisories update</Command>
        </Alert>
      )}
    </div>
  );
}

function GateAlert({ gate }: Pick<HostStatus, "gate">) {
  switch (gate.state) {
    case "enforcing":
      return null;
    case "observing":
      return (
        <Alert
          isInline
          variant="info"
          title="The gate observes only: it records what it would deny, and denies nothing"
        >
          {gate.detail}
        </Alert>
      );
    case "not-installed":
      return (
        <Alert isInline variant="warning" title="No gate is installed: launches on this host are not decided">
          <Command>pratique gate install</Command>
        </Alert>
      );
    case "down":
      return (
        <Alert isInline variant="danger" title="The gate is down">
          {gate.detail ?? "See why:"}
          <Command>pratique gate status</Command>
        </Alert>
      );
  }
}

function AdvisoryAges({ sources }: Pick<HostStatus["advisories"], "sources">) {
  const oldest = sources.toSorted((left, right) => left.builtAt.localeCompare(right.builtAt))[0];
  if (oldest === undefined) return <span className="alarm">none</span>;
  const starter = sources.some(({ coverage }) => coverage === "starter");
  return (
    <>
      {formatCount(sources.length, "source")}
      <span className="subtle">
        , oldest <RelativeTime time={oldest.builtAt} />
      </span>
      {starter && <span className="alarm"> starter set only</span>}
    </>
  );
}

function shippedText({ acknowledged }: HostEntry, { record }: HostStatus): string {
  const waiting = record.length - acknowledged;
  return waiting > 0 ? `${waiting.toLocaleString("en")} not here yet` : "all of them here";
}

function Fact({ term, children }: { readonly term: string; readonly children: ReactNode }) {
  return (
    <DescriptionListGroup>
      <DescriptionListTerm>{term}</DescriptionListTerm>
      <DescriptionListDescription>{children}</DescriptionListDescription>
    </DescriptionListGroup>
  );
}
