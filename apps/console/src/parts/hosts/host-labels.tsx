import { Label } from "@patternfly/react-core";
import type { GateState, HostEntry } from "@pratique/api";

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

const identities = {
  local: { status: "success", text: "This machine" },
  valid: { status: "success", text: "Valid" },
  expiring: { status: "warning", text: "Ends soon" },
  expired: { status: "danger", text: "Expired" },
  revoked: { status: "danger", text: "Revoked" },
  cloned: { status: "danger", text: "Cloned" },
} as const satisfies Record<HostEntry["identity"]["state"], object>;

/** The choices of filters. */
export const gateOptions = Object.entries(gates).map(([value, { text }]) => ({ value, text }));
export const agentOptions = Object.entries(agents).map(([value, { text }]) => ({ value, text }));
export const identityOptions = Object.entries(identities).map(([value, { text }]) => ({ value, text }));

/** What a host's gate does. */
export function GateLabel({ state }: { readonly state: GateState }) {
  return <StatusLabel {...gates[state]} />;
}

/** Whether a host's agent is heard. */
export function AgentLabel({ agent }: Pick<HostEntry, "agent">) {
  return <StatusLabel {...agents[agent]} />;
}

/** How a host's certificate stands. */
export function IdentityLabel({ identity: { state } }: Pick<HostEntry, "identity">) {
  return <StatusLabel {...identities[state]} />;
}

/** Whether a host decides by the policies that it should. */
export function PolicyLabel({ host: { status, wantedPolicies } }: { readonly host: HostEntry }) {
  if (status === null) return <span className="subtle">unknown</span>;
  if (status.policies.errors.length > 0) return <StatusLabel status="danger" text="Cannot be read" />;
  return status.policies.revision === wantedPolicies ? (
    <StatusLabel status="success" text="In force" />
  ) : (
    <StatusLabel status="warning" text="Behind" />
  );
}

/** Whether what a host knows of vulnerabilities is fresh. */
export function AdvisoriesLabel({ host: { status } }: { readonly host: HostEntry }) {
  if (status === null) return <span className="subtle">unknown</span>;
  const { sources } = status.advisories;
  if (sources.length === 0) return <StatusLabel status="danger" text="None" />;
  return sources.some(({ stale }) => stale) ? (
    <StatusLabel status="warning" text="Stale" />
  ) : (
    <StatusLabel status="success" text="Fresh" />
  );
}

interface StatusLabelProps {
  readonly status: "success" | "warning" | "danger";
  readonly text: string;
}

/** A state in a word, with the colour and the shape of how good it is. */
export function StatusLabel({ status, text }: StatusLabelProps) {
  return (
    <Label isCompact status={status}>
      {text}
    </Label>
  );
}
