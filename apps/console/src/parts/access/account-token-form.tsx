import { Button, ClipboardCopy, Form, ModalBody, ModalFooter } from "@patternfly/react-core";
import { createToken, listOwnTokens, listTokens, MAX_TOKEN_DAYS, type Session } from "@pratique/api";
import { type Permission, permissions } from "@pratique/core";
import { type FormEvent, useState } from "react";
import { everywhere, scopeOf } from "../../text/scope-draft.ts";
import { scopeWords } from "../../text/scope-words.ts";
import { ActOutcome } from "../act-outcome.tsx";
import { Alert } from "../alert.tsx";
import { Dialog } from "../dialog.tsx";
import { FormField } from "../form-field.tsx";
import { useAct } from "../use-act.ts";
import { PermissionPicker } from "./access-permission-picker.tsx";
import { ScopeBuilder } from "./access-scope-builder.tsx";

const DEFAULT_DAYS = 90;
const FORM = "token-form";

interface TokenFormProps {
  readonly session: Session;
  readonly onClose: () => void;
}

/** Makes a token for oneself, and shows its secret: this once. */
export function TokenForm({ session, onClose }: TokenFormProps) {
  const [secret, setSecret] = useState<string>();
  return (
    <Dialog
      id="token"
      size="medium"
      title={secret === undefined ? "Make a token" : "Copy the token now"}
      description={
        secret === undefined ? "A program that has it acts in your name, within what you give it." : undefined
      }
      showsSecret={secret !== undefined}
      onClose={onClose}
    >
      {secret === undefined ? (
        <Fields session={session} onMade={setSecret} onClose={onClose} />
      ) : (
        <Secret secret={secret} onClose={onClose} />
      )}
    </Dialog>
  );
}

function Fields({
  session,
  onMade,
  onClose,
}: TokenFormProps & { readonly onMade: (secret: string) => void }) {
  const [name, setName] = useState("");
  const [days, setDays] = useState(String(DEFAULT_DAYS));
  const [chosen, setChosen] = useState<readonly Permission[]>([]);
  const [draft, setDraft] = useState(everywhere);
  const scope = scopeOf(draft);
  const make = useAct(createToken, {
    changes: [listOwnTokens, listTokens],
    onDone: ({ secret }) => onMade(secret),
  });
  const offered = permissions.filter((permission) => session.permissions[permission] !== undefined);
  const lasts = Number(days);
  const daysFit = Number.isInteger(lasts) && lasts >= 1 && lasts <= MAX_TOKEN_DAYS;
  const ready = name.trim() !== "" && chosen.length > 0 && scope !== undefined && daysFit;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready) make.run({ body: { name: name.trim(), permissions: chosen, scope, days: lasts } });
  };
  return (
    <>
      <ModalBody tabIndex={0} aria-label="Fields of the token">
        <Form id={FORM} onSubmit={submit}>
          <ActOutcome act={make} />
          <FormField id="token-name" label="Name" value={name} onChange={setName} isRequired />
          <FormField
            id="token-days"
            label="Days that it lasts"
            type="number"
            min={1}
            max={MAX_TOKEN_DAYS}
            value={days}
            onChange={setDays}
            fault={daysFit ? undefined : `From 1 to ${MAX_TOKEN_DAYS}`}
          />
          <PermissionPicker label="What it may do" offered={offered} chosen={chosen} onChange={setChosen} />
          <ScopeBuilder id="token" value={draft} onChange={setDraft} />
          <Alert
            isInline
            isPlain
            variant={scope === undefined ? "warning" : "info"}
            title={
              scope === undefined
                ? "Each label needs a name and at least one value"
                : `It works ${scopeWords(scope)}, and nowhere that you may not act yourself.`
            }
          />
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form={FORM} isLoading={make.isPending} isDisabled={!ready}>
          Make the token
        </Button>
        <Button variant="link" onClick={onClose}>
          Cancel
        </Button>
      </ModalFooter>
    </>
  );
}

function Secret({ secret, onClose }: { readonly secret: string; readonly onClose: () => void }) {
  return (
    <>
      <ModalBody className="panel">
        <Alert
          isInline
          variant="warning"
          title="It is shown this once: the server keeps no more than what it needs to know it again"
        />
        <ClipboardCopy isReadOnly hoverTip="Copy" clickTip="Copied" textAriaLabel="The token">
          {secret}
        </ClipboardCopy>
      </ModalBody>
      <ModalFooter>
        <Button onClick={onClose}>I have copied it</Button>
      </ModalFooter>
    </>
  );
}
