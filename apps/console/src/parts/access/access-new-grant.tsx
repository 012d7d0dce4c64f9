import {
  Button,
  Form,
  FormGroup,
  FormSelect,
  FormSelectOption,
  ModalBody,
  ModalFooter,
  Radio,
} from "@patternfly/react-core";
import { createGrant, type Grant, listGrants, listRoles, showSession } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { readQuery } from "../../api/queries.ts";
import { everywhere, scopeOf } from "../../text/scope-draft.ts";
import { grantWords } from "../../text/scope-words.ts";
import { Dialog } from "../dialog.tsx";
import "./access.css";
import { ActOutcome } from "../act-outcome.tsx";
import { FormField } from "../form-field.tsx";
import { useAct } from "../use-act.ts";
import { AccountChoice } from "./access-account-choice.tsx";
import { ScopeBuilder } from "./access-scope-builder.tsx";
import { useAccountChoices } from "./use-holder-names.ts";

const FORM = "grant-form";

/** Gives a role in a part of the fleet, and says in a sentence what that means before it is given. */
export function NewGrant({ onClose }: { readonly onClose: () => void }) {
  const accounts = useAccountChoices();
  const roles = useQuery(readQuery(listRoles)).data?.items ?? [];
  const [kind, setKind] = useState<Grant["holder"]["kind"]>("account");
  const [id, setId] = useState("");
  const [role, setRole] = useState("");
  const [draft, setDraft] = useState(everywhere);
  const [lastDay, setLastDay] = useState("");
  const give = useAct(createGrant, { changes: [listGrants, listRoles, showSession], onDone: onClose });
  const scope = scopeOf(draft);
  const expiresAt = lastDay === "" ? null : `${lastDay}T23:59:59.000Z`;
  const ready = id.trim() !== "" && role !== "" && scope !== undefined;
  const holder =
    kind === "group" ? `The group ${id}` : (accounts.find((account) => account.id === id)?.login ?? id);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready) give.run({ body: { holder: { kind, id: id.trim() }, role, scope, expiresAt } });
  };
  return (
    <Dialog
      id="grant"
      size="medium"
      title="Give a role"
      description="Nobody gives what they do not hold themselves, as freely and as widely."
      onClose={onClose}
    >
      <ModalBody tabIndex={0} aria-label="Fields of the grant">
        <Form id={FORM} onSubmit={submit}>
          <FormGroup role="radiogroup" label="To" isInline fieldId="grant-kind">
            {(["account", "group"] as const).map((each) => (
              <Radio
                key={each}
                id={`grant-kind-${each}`}
                name="grant-kind"
                label={each === "account" ? "an account" : "a group of an identity provider"}
                isChecked={kind === each}
                onChange={() => {
                  setKind(each);
                  setId("");
                }}
              />
            ))}
          </FormGroup>
          {kind === "account" && accounts.length > 0 ? (
            <AccountChoice id="grant-account" accounts={accounts} value={id} onChoose={setId} />
          ) : (
            <FormField
              id="grant-holder"
              label={kind === "group" ? "Group" : "Account's id"}
              value={id}
              onChange={setId}
              isRequired
              {...(kind === "group" && { help: "As PROVIDER/GROUP, such as corp/admins." })}
            />
          )}
          <FormGroup label="Role" isRequired fieldId="grant-role">
            <FormSelect id="grant-role" value={role} onChange={(_, next) => setRole(next)}>
              <FormSelectOption value="" label="Choose a role" isPlaceholder />
              {roles.map(({ name, description }) => (
                <FormSelectOption key={name} value={name} label={`${name}: ${description}`} />
              ))}
            </FormSelect>
          </FormGroup>
          <ScopeBuilder id="grant" value={draft} onChange={setDraft} />
          <FormField
            id="grant-last-day"
            label="Last day"
            type="date"
            value={lastDay}
            onChange={setLastDay}
            help="Empty: until somebody takes it away."
          />
          <p className="sentence" role="status">
            {scope === undefined
              ? "Each label needs a name and at least one value."
              : grantWords(holder === "" ? "Somebody" : holder, role === "" ? "…" : role, scope, expiresAt)}
          </p>
          <ActOutcome act={give} />
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form={FORM} isLoading={give.isPending} isDisabled={!ready}>
          Give the role
        </Button>
        <Button variant="link" onClick={onClose}>
          Cancel
        </Button>
      </ModalFooter>
    </Dialog>
  );
}
