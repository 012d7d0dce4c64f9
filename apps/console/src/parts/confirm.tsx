import { Button, ModalBody, ModalFooter } from "@patternfly/react-core";
import { type ReactNode, useEffect, useRef } from "react";
import { ActOutcome } from "./act-outcome.tsx";
import { Dialog } from "./dialog.tsx";
import type { ActState } from "./use-act.ts";

interface ConfirmProps<Reply> {
  readonly title: string;
  /** The word on the button. */
  readonly verb: string;
  readonly act: ActState<Reply>;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
  readonly children?: ReactNode;
}

/** Asks before something is done that cannot be taken back, and tells what came of it. */
export function Confirm<Reply>({ title, verb, act, onConfirm, onClose, children }: ConfirmProps<Reply>) {
  const waits = act.data?.kind === "waits";
  const isDone = act.data?.kind === "done";
  const close = useRef(onClose);
  close.current = onClose;
  // That it is done shows on the page itself.
  useEffect(() => {
    if (isDone) close.current();
  }, [isDone]);
  return (
    <Dialog id="confirm" title={title} isGrave={!waits} onClose={onClose}>
      <ModalBody className="panel">
        {!waits && children}
        <ActOutcome act={act} />
      </ModalBody>
      <ModalFooter>
        {waits ? (
          <Button onClick={onClose}>Close</Button>
        ) : (
          <>
            <Button variant="danger" isLoading={act.isPending} onClick={onConfirm}>
              {verb}
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
