import { Button } from "@patternfly/react-core";
import { type HostEntry, listHosts, revokeHost, setGateMode, showHost } from "@pratique/api";
import { useState } from "react";
import { useMay } from "../../api/may.ts";
import { ReasonDialog } from "../reason-dialog.tsx";
import { useAct } from "../use-act.ts";

/** What can be done to a host, for those who may. */
export function HostActions({ host }: { readonly host: HostEntry }) {
  return (
    <>
      <GateModeButton host={host} />
      <RevokeButton host={host} />
    </>
  );
}

function GateModeButton({ host: { name, status } }: { readonly host: HostEntry }) {
  const may = useMay()("gates.set-mode");
  const [open, setOpen] = useState(false);
  const act = useAct(setGateMode, { changes: [showHost, listHosts] });
  const state = status?.gate.state;
  const [mode, setMode] = useState<"observe" | "enforce">("observe");
  if (!open && (may === undefined || (state !== "enforcing" && state !== "observing"))) return null;
  const other = state === "enforcing" ? "observe" : "enforce";
  const ask = () => {
    setMode(other);
    setOpen(true);
  };
  const close = () => {
    setOpen(false);
    act.reset();
  };
  return (
    <>
      <Button variant="secondary" onClick={ask}>
        {other === "observe" ? "Only observe" : "Enforce"}
      </Button>
      {open && (
        <ReasonDialog
          title={mode === "observe" ? `Stop enforcing on ${name}?` : `Enforce on ${name}?`}
          verb={mode === "observe" ? "Only observe" : "Enforce"}
          act={act}
          needsApproval={may === "needs-approval"}
          onConfirm={(reason) => act.run({ params: { host: name }, body: { mode, reason } })}
          onClose={close}
          done="The host's agent was told. The gate's state changes here once the agent has done it."
        >
          <p>
            {mode === "observe"
              ? "From then on nothing is refused on this host: what breaks a rule runs, and is only recorded."
              : "From then on what breaks a rule is refused on this host. What runs already goes on running."}
          </p>
        </ReasonDialog>
      )}
    </>
  );
}

function RevokeButton({ host: { name, identity } }: { readonly host: HostEntry }) {
  const may = useMay()("hosts.revoke");
  const [open, setOpen] = useState(false);
  const act = useAct(revokeHost, { changes: [showHost, listHosts] });
  const isOver = identity.state === "local" || identity.state === "revoked";
  if (!open && (may === undefined || isOver)) return null;
  const close = () => {
    setOpen(false);
    act.reset();
  };
  return (
    <>
      <Button variant="danger" onClick={() => setOpen(true)}>
        Revoke
      </Button>
      {open && (
        <ReasonDialog
          title={`Revoke ${name}?`}
          verb="Revoke"
          act={act}
          needsApproval={may === "needs-approval"}
          onConfirm={(reason) => act.run({ params: { host: name }, body: { reason } })}
          onClose={close}
          done="Its certificate opens nothing any more."
        >
          <p>
            Its certificate opens nothing from then on, and what its agent sends is refused. The gate on the
            host goes on deciding by what it has. To come back, the host has to join anew.
          </p>
        </ReasonDialog>
      )}
    </>
  );
}
