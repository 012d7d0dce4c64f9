import { Button, Form, ModalBody, ModalFooter } from "@patternfly/react-core";
import type { FormEvent, ReactNode } from "react";
import { useMay } from "../../api/may.ts";
import { effectVerb } from "../../text/effect-verb.ts";
import { ActOutcome } from "../act-outcome.tsx";
import { Dialog } from "../dialog.tsx";
import type { ActState } from "../use-act.ts";

interface SettingsFormProps {
  /** What the ids of the form begin with. */
  readonly id: string;
  readonly title: string;
  readonly description?: string;
  /** What is made or changed: `channel`. */
  readonly what: string;
  /** What saves it. */
  readonly put: ActState<unknown>;
  /** All is filled in that has to be. */
  readonly isReady: boolean;
  /** Is not called before all is filled in. */
  readonly onSave: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A form over the settings that makes or changes one of several things. */
export function SettingsForm({
  id,
  title,
  description,
  what,
  put,
  isReady,
  onSave,
  onClose,
  children,
}: SettingsFormProps) {
  const effect = useMay()("settings.write");
  const formId = `${id}-form`;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady) onSave();
  };
  return (
    <Dialog id={id} size="medium" title={title} description={description} onClose={onClose}>
      <ModalBody tabIndex={0} aria-label={`Settings of the ${what}`}>
        <Form id={formId} onSubmit={submit}>
          {children}
          <ActOutcome act={put} />
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form={formId} isLoading={put.isPending} isDisabled={!isReady}>
          {effectVerb(effect, "Save")}
        </Button>
        <Button variant="link" onClick={onClose}>
          Cancel
        </Button>
      </ModalFooter>
    </Dialog>
  );
}
