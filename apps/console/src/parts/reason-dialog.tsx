import { Button, Form, ModalBody, ModalFooter } from "@patternfly/react-core";
import { type ReactNode, useState } from "react";
import { ActOutcome } from "./act-outcome.tsx";
import { Dialog } from "./dialog.tsx";
import { FormField } from "./form-field.tsx";
import type { ActState } from "./use-act.ts";

interface ReasonDialogProps<Reply> {
  readonly title: string;
  /** The word on the button. */
  readonly verb: string;
  readonly act: ActState<Reply>;
  /** Whether all that is asked for besides the reason is there; true where it is absent. */
  readonly isReady?: boolean;
  /** Nothing happens until somebody else agrees. */
  readonly needsApproval: boolean;
  readonly onConfirm: (reason: string) => void;
  readonly onClose: () => void;
  /** What will come of it. */
  readonly children: ReactNode;
  /** Said once it is done. */
  readonly done: string;
  /** What comes of it later, in place of `done`. */
  readonly progress?: ((reply: Reply) => ReactNode) | undefined;
}

/** Asks for a reason before something is done that others will ask about, and tells what came of it. */
export function ReasonDialog<Reply>(props: ReasonDialogProps<Reply>) {
  const { title, verb, act, needsApproval, onConfirm, onClose, children, done, progress } = props;
  const { isReady = true } = props;
  const [reason, setReason] = useState("");
  const mayConfirm = isReady && reason.trim() !== "";
  const over = act.data !== undefined;
  return (
    <Dialog id="reason" title={title} isGrave={!over} onClose={onClose}>
      <ModalBody className="panel">
        {!over && (
          <Form
            id="reason-form"
            onSubmit={(event) => {
              event.preventDefault();
              if (mayConfirm) onConfirm(reason.trim());
            }}
          >
            <div>
              {children}
              {needsApproval && <p>A second person has to agree before it happens.</p>}
            </div>
            <FormField
              id="reason"
              label="Reason"
              value={reason}
              onChange={setReason}
              isRequired
              rows={3}
              help="It is kept in the record, with your name."
            />
          </Form>
        )}
        {progress !== undefined && act.data?.kind === "done" ? (
          progress(act.data.reply)
        ) : (
          <ActOutcome act={act} done={done} />
        )}
      </ModalBody>
      <ModalFooter>
        {over ? (
          <Button key="close" onClick={onClose}>
            Close
          </Button>
        ) : (
          <>
            <Button
              type="submit"
              form="reason-form"
              variant={needsApproval ? "primary" : "danger"}
              isLoading={act.isPending}
              isDisabled={act.isPending || !mayConfirm}
            >
              {needsApproval ? "Ask a second person" : verb}
            </Button>
            <Button variant="link" onClick={onClose}>
              Cancel
            </Button>
          </>
        )}
      </ModalFooter>
    </Dialog>
  );
}
