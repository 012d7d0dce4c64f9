import { Button } from "@patternfly/react-core";
import { type Container, killContainer, listContainers, showContainer } from "@pratique/api";
import { useState } from "react";
import { useMay } from "../api/may.ts";
import { containerIdOf } from "./container-columns.tsx";
import { ReasonDialog } from "./reason-dialog.tsx";
import { useAct } from "./use-act.ts";

const killable: ReadonlySet<Container["state"]> = new Set(["running", "paused", "restarting"]);

/** Kills a container, for those who may, while there is something to kill. */
export function KillButton({ container }: { readonly container: Container }) {
  const may = useMay()("containers.kill");
  const [open, setOpen] = useState(false);
  const act = useAct(killContainer, { changes: [showContainer, listContainers] });
  // A dialog that tells what came of it stays, whatever its subject has become.
  if (!open && (may === undefined || !killable.has(container.state))) return null;
  const close = () => {
    setOpen(false);
    act.reset();
  };
  return (
    <>
      <Button variant="danger" onClick={() => setOpen(true)}>
        Kill
      </Button>
      {open && (
        <ReasonDialog
          title={`Kill ${container.name}?`}
          verb="Kill"
          act={act}
          needsApproval={may === "needs-approval"}
          onConfirm={(reason) =>
            act.run({ params: { containerId: containerIdOf(container) }, body: { reason } })
          }
          onClose={close}
          done="The host's agent was told to kill it. What came of it will be in the record."
        >
          <p>
            Its processes on {container.host} end at once, without a chance to finish.
            {container.restartPolicy !== "" && container.restartPolicy !== "no" && (
              <> The engine may start it again: its restart policy is {container.restartPolicy}.</>
            )}
          </p>
        </ReasonDialog>
      )}
    </>
  );
}
