import { ActionGroup, Button, Form, HelperText, HelperTextItem } from "@patternfly/react-core";
import { listOwnSessions, type Session, setPassword, showSession } from "@pratique/api";
import { type FormEvent, useState } from "react";
import { passwordRules } from "../../text/password-strength.ts";
import { ActOutcome } from "../act-outcome.tsx";
import { FormField } from "../form-field.tsx";
import { useAct } from "../use-act.ts";

interface PasswordFormProps {
  readonly session: Session;
  readonly onDone?: () => void;
}

/** Sets one's own password. What the browser can tell of it is told while one types; the server decides. */
export function PasswordForm({ session, onDone }: PasswordFormProps) {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [again, setAgain] = useState("");
  const set = useAct(setPassword, {
    changes: [showSession, listOwnSessions],
    onDone: () => {
      for (const clear of [setCurrent, setNext, setAgain]) clear("");
      onDone?.();
    },
  });
  const asksCurrent = session.password === "set" && session.method !== "link";
  const rules = passwordRules(next, session.account.login);
  const differs = again !== "" && again !== next;
  const ready = rules.every(({ kept }) => kept) && again === next && (!asksCurrent || current !== "");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready) set.run({ body: { next, ...(asksCurrent && { current }) } });
  };
  return (
    <Form onSubmit={submit}>
      <ActOutcome act={set} done="The password is set; your other sessions have ended" />
      <input type="text" autoComplete="username" value={session.account.login} readOnly hidden />
      {asksCurrent && (
        <FormField
          id="current-password"
          label="Current password"
          type="password"
          value={current}
          onChange={setCurrent}
          isRequired
          autoComplete="current-password"
        />
      )}
      <FormField
        id="next-password"
        label="New password"
        type="password"
        value={next}
        onChange={setNext}
        isRequired
        autoComplete="new-password"
        help="Anything goes, spaces and all signs too. Words and runs of keys that everybody tries are refused."
      />
      <HelperText component="ul" aria-label="What the password has to keep">
        {rules.map(({ text, kept }) => (
          <HelperTextItem
            key={text}
            component="li"
            variant={kept ? "success" : "indeterminate"}
            screenReaderText={kept ? ": kept;" : ": not kept yet;"}
          >
            {text}
          </HelperTextItem>
        ))}
      </HelperText>
      <FormField
        id="again-password"
        label="New password again"
        type="password"
        value={again}
        onChange={setAgain}
        isRequired
        autoComplete="new-password"
        fault={differs ? "It is not the same" : undefined}
      />
      <ActionGroup>
        <Button type="submit" isLoading={set.isPending} isDisabled={!ready}>
          Set the password
        </Button>
      </ActionGroup>
    </Form>
  );
}
