import type { HostEntry, HostStatus } from "@pratique/api";
import { formatCount } from "../../text/format.ts";
import { Fact, Facts } from "../facts.tsx";
import { RelativeTime } from "../relative-time.tsx";
import { AgentLabel, GateLabel, IdentityLabel, PolicyLabel, StatusLabel } from "./host-labels.tsx";

interface HostFactsProps {
  readonly host: HostEntry;
  readonly status: HostStatus;
}

/** What runs on a host, and since when. */
export function HostState({ host, status }: HostFactsProps) {
  const { engine, agent, record } = status;
  return (
    <Facts label="State">
      <Fact term="Engine">
        <StatusLabel
          status={engine.state === "up" ? "success" : "danger"}
          text={`${engine.name} ${status.host.engineVersion}, ${engine.state}`}
        />
        <div className="subtle">
          <code>{engine.socket}</code>
        </div>
      </Fact>
      <Fact term="Agent">
        <AgentLabel agent={host.agent} />
        <span className="subtle">
          {" "}
          version {agent.version}, started <RelativeTime time={agent.startedAt} />
          {host.heardAt !== null && (
            <>
              , heard <RelativeTime time={host.heardAt} />
            </>
          )}
        </span>
      </Fact>
      <Fact term="Kernel">{status.host.kernel}</Fact>
      <Fact term="Labels">
        {Object.entries(status.host.labels)
          .map(([name, value]) => `${name}=${value}`)
          .join(", ") || <span className="subtle">none</span>}
      </Fact>
      <Fact term="Record">
        {formatCount(record.length, "entry", "entries")}
        <span className="subtle"> {shippedText(host, status)}</span>
      </Fact>
      <Fact term="Last hash">
        <code className="break">{record.lastHash}</code>
      </Fact>
    </Facts>
  );
}

function shippedText({ acknowledged }: HostEntry, { record }: HostStatus): string {
  const waiting = record.length - acknowledged;
  return waiting > 0 ? `${waiting.toLocaleString("en")} not here yet` : "all of them here";
}

/** What decides on a host, and by which policies. */
export function HostDecisions({ host, status: { gate, policies } }: HostFactsProps) {
  return (
    <Facts label="Decisions">
      <Fact term="Gate">
        <GateLabel state={gate.state} />
        {gate.since !== undefined && (
          <span className="subtle">
            {" "}
            since <RelativeTime time={gate.since} />
          </span>
        )}
        <div className="subtle">{gateWords[gate.state]}</div>
      </Fact>
      <Fact term="Gate restarts">{gate.restarts}</Fact>
      <Fact term="Policies">
        <PolicyLabel host={host} />{" "}
        {policies.names.length === 0 ? <span className="alarm">none</span> : policies.names.join(", ")}
      </Fact>
      <Fact term="In force">
        <code className="break">{policies.revision}</code>
      </Fact>
      <Fact term="Wanted">
        <code className="break">{host.wantedPolicies}</code>
      </Fact>
      <Fact term="Exceptions">{formatCount(policies.exceptions, "exception")}</Fact>
    </Facts>
  );
}

const gateWords = {
  enforcing: "Containers that break a rule are refused when they are created and when they are started.",
  observing: "Containers that break a rule run. What would have been refused is recorded.",
  "not-installed": "Nothing decides on launches here.",
  down: "The engine asks a gate that does not answer: it refuses what needs a decision.",
} as const;

/** How a host shows who it is. */
export function HostIdentity({ host: { identity, joinedAt } }: Pick<HostFactsProps, "host">) {
  return (
    <Facts label="Identity">
      <Fact term="Certificate">
        <IdentityLabel identity={identity} />
      </Fact>
      {identity.state === "local" && (
        <Fact term="Speaks">through a socket of the server's own machine: it needs no certificate</Fact>
      )}
      {identity.serial !== null && (
        <Fact term="Serial">
          <code className="break">{identity.serial}</code>
        </Fact>
      )}
      {identity.expiresAt !== null && (
        <Fact term="Ends">
          <RelativeTime time={identity.expiresAt} />
        </Fact>
      )}
      {joinedAt !== null && (
        <Fact term="Joined">
          <RelativeTime time={joinedAt} />
        </Fact>
      )}
    </Facts>
  );
}
