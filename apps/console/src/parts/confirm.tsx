import { Button, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import type { ReactNode } from "react";
import { ActOutcome } from "./act-outcome.tsx";
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
  const over = act.data !== undefined;
  return (
    <Modal isOpen variant="small" aria-labelledby="confirm-title" onClose={onClose}>
      <ModalHeader
        title={title}
        labelId="confirm-title"
        {...(!over && { titleIconVariant: "warning" as const })}
      />
      <ModalBody className="panel">
        {!over && children}
        <ActOutcome act={act} done="It is done" />
      </ModalBody>
      <ModalFooter>
        {over ? (
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
    </Modal>
  );
}
