import { Button } from "@patternfly/react-core";
import { type Container, listResponses, releaseResponse } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { listQuery, listSource } from "../../api/list-source.ts";
import { useMay } from "../../api/may.ts";
import { actsInForce } from "../../text/acts-in-force.ts";
import { ListPanel } from "../lists/list-panel.tsx";
import { ReasonDialog } from "../reason-dialog.tsx";
import { responseColumnsOfContainer } from "../responses/response-columns.tsx";
import { Section } from "../section.tsx";
import { useAct } from "../use-act.ts";
import { useOwnAddress } from "../use-address.ts";
import { containerIdOf } from "./container-columns.tsx";

/** So many of the newest tell what is in force. */
const LOOKED_AT = 50;

interface ContainerProps {
  readonly container: Container;
}

/** What was done about a container. */
export function ContainerResponses({ container }: ContainerProps) {
  const [address, change] = useOwnAddress();
  return (
    <Section title="What was done about it">
      <ListPanel
        label="Responses"
        source={responsesTo(container)}
        address={address}
        onAddress={change}
        columns={responseColumnsOfContainer}
        keyOf={({ id }) => id}
        empty={<p>Nothing was done about it.</p>}
      />
    </Section>
  );
}

function responsesTo({ host, id }: Container) {
  return listSource(listResponses, { query: { host, containerId: id } });
}

/** Undoes what is in force, for those who may. */
export function UndoButton({ container }: ContainerProps) {
  const may = useMay()("responses.release");
  const newest = useQuery({
    ...listQuery(responsesTo(container), { limit: LOOKED_AT }),
    enabled: may !== undefined,
  });
  const [open, setOpen] = useState(false);
  const act = useAct(releaseResponse, { changes: [listResponses] });
  if (!open && (may === undefined || actsInForce(newest.data?.items ?? []).length === 0)) return null;
  const close = () => {
    setOpen(false);
    act.reset();
  };
  return (
    <>
      <Button variant="secondary" onClick={() => setOpen(true)}>
        Undo
      </Button>
      {open && (
        <ReasonDialog
          title={`Undo what was done about ${container.name}?`}
          verb="Undo"
          act={act}
          needsApproval={may === "needs-approval"}
          onConfirm={(reason) =>
            act.run({ params: { containerId: containerIdOf(container) }, body: { reason } })
          }
          onClose={close}
          done="The host's agent was told to undo it. What came of it will stand here."
        >
          <p>
            It runs and talks again as it did, on {container.host}. What the kernel refuses stays refused.
          </p>
        </ReasonDialog>
      )}
    </>
  );
}
