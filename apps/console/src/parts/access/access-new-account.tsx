import { Button, Checkbox, Form, ModalBody, ModalFooter } from "@patternfly/react-core";
import { createAccount, listAccounts } from "@pratique/api";
import { type FormEvent, useState } from "react";
import { ActOutcome } from "../act-outcome.tsx";
import { Dialog } from "../dialog.tsx";
import { FormField } from "../form-field.tsx";
import { useAct } from "../use-act.ts";
import { OneTimeLink } from "./one-time-link.tsx";

const FORM = "account-form";

/** Makes a local account, and shows the link with which its owner sets a password. */
export function NewAccount({ onClose }: { readonly onClose: () => void }) {
  const [login, setLogin] = useState("");
  const [displayName, setDisplayName] = useState("");
  const [email, setEmail] = useState("");
  const [breakGlass, setBreakGlass] = useState(false);
  const make = useAct(createAccount, { changes: [listAccounts] });
  const ready = login !== "" && displayName.trim() !== "";
  const made = make.data?.kind === "done" ? make.data.reply : undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const mail = email.trim() === "" ? {} : { email: email.trim() };
    if (ready) make.run({ body: { login, displayName: displayName.trim(), breakGlass, ...mail } });
  };
  return (
    <Dialog
      id="account"
      title={made === undefined ? "New account" : "The account is there"}
      description={
        made === undefined
          ? "It may do nothing until it is given a role, and has no password yet."
          : undefined
      }
      showsSecret={made !== undefined}
      onClose={onClose}
    >
      <ModalBody>
        {made === undefined ? (
          <Form id={FORM} onSubmit={submit}>
            <ActOutcome act={make} />
            <FormField
              id="account-login"
              label="Login"
              value={login}
              onChange={setLogin}
              isRequired
              help="Letters, digits and any of . _ @ + -"
            />
            <FormField
              id="account-name"
              label="Name"
              value={displayName}
              onChange={setDisplayName}
              isRequired
            />
            <FormField
              id="account-email"
              label="Mail address"
              type="email"
              value={email}
              onChange={setEmail}
            />
            <Checkbox
              id="account-break-glass"
              label="Break glass"
              description="For when nothing else works: each use is reported."
              isChecked={breakGlass}
              onChange={(_, next) => setBreakGlass(next)}
            />
          </Form>
        ) : (
          <OneTimeLink login={made.account.login} link={made.link} />
        )}
      </ModalBody>
      <ModalFooter>
        {make.data === undefined ? (
          <>
            <Button type="submit" form={FORM} isLoading={make.isPending} isDisabled={!ready}>
              Make the account
            </Button>
            <Button variant="link" onClick={onClose}>
              Cancel
            </Button>
          </>
        ) : (
          <Button onClick={onClose}>Close</Button>
        )}
      </ModalFooter>
    </Dialog>
  );
}
