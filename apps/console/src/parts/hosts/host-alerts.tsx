import type { HostEntry, HostStatus } from "@pratique/api";
import { clockWords } from "../../text/clock-words.ts";
import { Alert } from "../alert.tsx";
import { Command } from "../command.tsx";

/** What is wrong with the host, and how to mend it. */
export function HostAlerts({
  host: { agent, heardAt, identity, status, wantedPolicies },
}: {
  readonly host: HostEntry;
}) {
  return (
    <div className="alerts">
      <IdentityAlert identity={identity} />
      {agent === "silent" && (
        <Alert isInline variant="danger" title="The agent has fallen silent: what is shown may be old">
          <Command>pratique doctor</Command>
        </Alert>
      )}
      {status !== null && heardAt !== null && <ClockAlert reportedAt={status.reportedAt} heardAt={heardAt} />}
      {status !== null && <StatusAlerts status={status} wantedPolicies={wantedPolicies} />}
    </div>
  );
}

function ClockAlert({ reportedAt, heardAt }: { readonly reportedAt: string; readonly heardAt: string }) {
  const words = clockWords(reportedAt, heardAt);
  if (words === undefined) return null;
  return (
    <Alert isInline variant="warning" title={`The clock of this host is ${words} that of the server`}>
      What the host tells bears its own times: among events of other hosts it stands in the wrong place.
    </Alert>
  );
}

function IdentityAlert({ identity: { state } }: Pick<HostEntry, "identity">) {
  switch (state) {
    case "local":
    case "valid":
      return null;
    case "expiring":
      return (
        <Alert isInline variant="warning" title="The certificate ends soon, and the agent has not renewed it">
          An agent renews its certificate by itself while it can reach the server.
        </Alert>
      );
    case "expired":
      return (
        <Alert
          isInline
          variant="danger"
          title="The certificate has expired: the server hears nothing of this host"
        >
          Let the host join anew, with a token.
        </Alert>
      );
    case "revoked":
      return (
        <Alert isInline variant="danger" title="This host was revoked: its certificate opens nothing">
          Let the host join anew, with a token, if it is to come back.
        </Alert>
      );
    case "cloned":
      return (
        <Alert
          isInline
          variant="danger"
          title="Two programs use the key of this host: one of them is not its agent"
        >
          Revoke the host, find out where the key was copied to, and let the host join anew.
        </Alert>
      );
  }
}

function StatusAlerts({
  status,
  wantedPolicies,
}: {
  readonly status: HostStatus;
  readonly wantedPolicies: string;
}) {
  const { engine, gate, policies, advisories } = status;
  const stale = advisories.sources.filter((source) => source.stale);
  return (
    <>
      {engine.state === "down" && (
        <Alert isInline variant="danger" title="The container engine does not answer">
          {engine.detail}
        </Alert>
      )}
      <GateAlert gate={gate} />
      {policies.errors.length > 0 && (
        <Alert
          isInline
          variant="warning"
          title="Policies could not be read: the last good ones stay in force"
        >
          {policies.errors.join("; ")}
        </Alert>
      )}
      {policies.errors.length === 0 && policies.revision !== wantedPolicies && (
        <Alert isInline variant="info" title="The host does not have the newest policies yet">
          An agent that is heard of has them within two seconds.
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
    </>
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
