import { Button, FormGroup, Radio } from "@patternfly/react-core";
import {
  type Container,
  listContainers,
  listResponses,
  type OrderedAction,
  orderedActions,
  type ReplyOf,
  respondToContainer,
  showContainer,
  showContainerOrders,
  showDetection,
} from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useMay } from "../../api/may.ts";
import { readQuery } from "../../api/queries.ts";
import {
  addressesIn,
  type ResponseSpan,
  responseActs,
  responseActText,
  responseSpans,
} from "../../text/response-acts.ts";
import { sentence } from "../../text/sentence.ts";
import { Alert } from "../alert.tsx";
import { FormField } from "../form-field.tsx";
import { OptionField } from "../option-field.tsx";
import { ReasonDialog } from "../reason-dialog.tsx";
import { useAct } from "../use-act.ts";
import { containerIdOf } from "./container-columns.tsx";

const running: ReadonlySet<Container["state"]> = new Set(["running", "paused", "restarting"]);
const ASK_AGAIN_MS = 1000;

interface RespondProps {
  readonly container: Container;
  /** The detection that it answers. */
  readonly detection?: string;
}

/** Has something done about a container, for those who may, while there is something to act on. */
export function RespondButton({ container, detection }: RespondProps) {
  const may = useMay()("containers.respond");
  const [open, setOpen] = useState(false);
  // A dialog that tells what came of it stays, whatever its subject has become.
  if (!open && (may === undefined || !running.has(container.state))) return null;
  return (
    <>
      <Button variant="danger" onClick={() => setOpen(true)}>
        Respond
      </Button>
      {open && (
        <RespondDialog
          container={container}
          {...(detection !== undefined && { detection })}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  );
}

/** Cuts a container from one peer, for those who may. */
export function CutButton({ container, peer }: { readonly container: Container; readonly peer: string }) {
  const may = useMay()("containers.respond");
  const [open, setOpen] = useState(false);
  if (!open && (may === undefined || peer === "" || !running.has(container.state))) return null;
  return (
    <>
      <Button variant="link" isInline isDanger aria-label={`Cut from ${peer}`} onClick={() => setOpen(true)}>
        Cut
      </Button>
      {open && <RespondDialog container={container} peer={peer} onClose={() => setOpen(false)} />}
    </>
  );
}

interface RespondDialogProps extends RespondProps {
  /** It begins with a cut from this address. */
  readonly peer?: string;
  readonly onClose: () => void;
}

function RespondDialog({ container, detection, peer, onClose }: RespondDialogProps) {
  const may = useMay();
  const containerId = containerIdOf(container);
  const known = useQuery({
    ...readQuery(showContainerOrders, { params: { containerId } }),
    enabled: may("detections.read") !== undefined,
  });
  const [chosen, setChosen] = useState<OrderedAction>();
  const [whom, setWhom] = useState(peer ?? "");
  const [span, setSpan] = useState<ResponseSpan>("");
  const act = useAct(respondToContainer, {
    changes: [showContainerOrders, showContainer, listContainers, listResponses, showDetection],
  });
  const obstacleTo = (each: OrderedAction) =>
    known.data?.actions.find(({ action: named }) => named === each)?.obstacle ?? "";
  const wanted: OrderedAction = peer === undefined ? "quarantine" : "cut";
  const possible = [wanted, ...orderedActions].find((each) => obstacleTo(each) === "");
  const action = chosen ?? possible ?? wanted;
  const peers = addressesIn(whom);
  const confirm = (reason: string) => {
    if (peers === undefined) return;
    const body = {
      action,
      ...(action === "cut" && peers.length > 0 && { peers }),
      ...(span !== "" && { forSeconds: Number(span) }),
      reason,
      ...(detection !== undefined && { detection }),
    };
    act.run({ params: { containerId }, body });
  };
  return (
    <ReasonDialog
      title={`Respond to ${container.name}`}
      verb={responseActText(action)}
      act={act}
      isReady={obstacleTo(action) === "" && (action !== "cut" || peers !== undefined)}
      needsApproval={may("containers.respond") === "needs-approval"}
      onConfirm={confirm}
      onClose={onClose}
      done="The host's agent was told. What came of it will be in the record."
      progress={
        may("detections.read") === undefined
          ? undefined
          : ({ commandId }) => <OrderProgress container={container} id={commandId} />
      }
    >
      <div className="panel">
        <FormGroup
          role="radiogroup"
          isStack
          label={`What is done, on ${container.host}`}
          fieldId="respond-action"
        >
          {responseActs.map(({ action: value, text, means }) => {
            const obstacle = obstacleTo(value);
            return (
              <Radio
                key={value}
                id={`respond-${value}`}
                name="respond-action"
                label={text}
                description={obstacle === "" ? means : sentence(obstacle)}
                isDisabled={obstacle !== ""}
                isChecked={action === value}
                onChange={() => setChosen(value)}
              />
            );
          })}
        </FormGroup>
        {action === "cut" && (
          <FormField
            id="respond-peers"
            label="From whom"
            value={whom}
            onChange={setWhom}
            fault={peers === undefined ? "Expected addresses, with blanks between them" : undefined}
            help="Addresses; from everybody where there are none."
          />
        )}
        <OptionField
          id="respond-for"
          label="For how long"
          options={responseSpans}
          value={span}
          onChoose={setSpan}
        />
      </div>
    </ReasonDialog>
  );
}

/** What came of an order, as soon as its host has said so. */
function OrderProgress({ container, id }: { readonly container: Container; readonly id: string }) {
  const params = { containerId: containerIdOf(container) };
  const { data } = useQuery({
    ...readQuery(showContainerOrders, { params }),
    refetchInterval: ({ state }) => (isOpen(orderIn(state.data, id)) ? ASK_AGAIN_MS : false),
  });
  const order = orderIn(data, id);
  if (order === undefined || isOpen(order)) {
    const title =
      order?.state === "delivered"
        ? `${container.host} is at it`
        : `Waiting for the agent of ${container.host}`;
    return <Alert isInline variant="info" title={title} role="status" />;
  }
  return (
    <Alert
      isInline
      variant={order.state === "done" ? "success" : "danger"}
      title={order.detail}
      role="status"
    />
  );
}

type Orders = ReplyOf<typeof showContainerOrders>;

function orderIn(known: Orders | undefined, id: string): Orders["orders"][number] | undefined {
  return known?.orders.find((order) => order.id === id);
}

function isOpen(order: Orders["orders"][number] | undefined): boolean {
  return order === undefined || order.state === "queued" || order.state === "delivered";
}
