import { ActionGroup, Button, Form, ModalBody, ModalFooter, Switch } from "@patternfly/react-core";
import {
  type Account,
  createAccountLink,
  endAccountSessions,
  listAccountSessions,
  listAccounts,
  showAccount,
  updateAccount,
} from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useMay } from "../../api/may.ts";
import { readQuery, sessionQuery } from "../../api/queries.ts";
import { ActOutcome } from "../act-outcome.tsx";
import { Confirm } from "../confirm.tsx";
import { Dialog } from "../dialog.tsx";
import { Fact, Facts } from "../facts.tsx";
import { FormField } from "../form-field.tsx";
import { CsvAbove } from "../lists/csv-above.tsx";
import { Read } from "../read.tsx";
import { RelativeTime } from "../relative-time.tsx";
import { useAct } from "../use-act.ts";
import { OneTimeLink } from "./one-time-link.tsx";
import { SessionTable } from "./session-table.tsx";

interface AccountEditorProps {
  readonly accountId: string;
  readonly onClose: () => void;
}

/** One account: what is known of it, and what can be done with it. */
export function AccountEditor({ accountId, onClose }: AccountEditorProps) {
  const account = useQuery(readQuery(showAccount, { params: { accountId } }));
  const mayWrite = useMay()("accounts.write") !== undefined;
  const end = useAct(endAccountSessions, { changes: [listAccounts, listAccountSessions] });
  const [asks, setAsks] = useState(false);
  if (asks) {
    return (
      <Confirm
        title={`Sign ${account.data?.login ?? "it"} out everywhere?`}
        verb="Sign out everywhere"
        act={end}
        onConfirm={() => end.run({ params: { accountId } })}
        onClose={() => {
          end.reset();
          setAsks(false);
        }}
      >
        <p>Each browser has to sign in again. Tokens go on.</p>
      </Confirm>
    );
  }
  return (
    <Dialog id="account-editor" size="medium" title={account.data?.login ?? "Account"} onClose={onClose}>
      <ModalBody tabIndex={0} aria-label="The account" className="panel">
        <Read query={account} what="the account">
          {(known) => (
            <>
              <Known account={known} />
              {mayWrite && <Change key={known.state} account={known} />}
              <Sessions account={known} />
              {mayWrite && <Acts account={known} onEndSessions={() => setAsks(true)} />}
            </>
          )}
        </Read>
      </ModalBody>
      <ModalFooter>
        <Button variant="secondary" onClick={onClose}>
          Close
        </Button>
      </ModalFooter>
    </Dialog>
  );
}

function Known({ account }: { readonly account: Account }) {
  const { id, source, createdAt, lastSignInAt, groups } = account;
  return (
    <Facts label="Account">
      <Fact term="Signs in">{source === "local" ? "with a password" : `through ${source}`}</Fact>
      <Fact term="Made">
        <RelativeTime time={createdAt} />
      </Fact>
      <Fact term="Last seen">{lastSignInAt === null ? "never" : <RelativeTime time={lastSignInAt} />}</Fact>
      <Fact term="Groups">{groups.length === 0 ? "none" : groups.join(", ")}</Fact>
      <Fact term="Roles">
        <Link to="/access/$section" params={{ section: "grants" }} search={{ account: id }}>
          See what it holds
        </Link>
      </Fact>
    </Facts>
  );
}

function Change({ account }: { readonly account: Account }) {
  const [displayName, setDisplayName] = useState(account.displayName);
  const [email, setEmail] = useState(account.email ?? "");
  const [enabled, setEnabled] = useState(account.state !== "disabled");
  const update = useAct(updateAccount, { changes: [listAccounts, showAccount, listAccountSessions] });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const mail = email.trim() === "" ? {} : { email: email.trim() };
    const body = { displayName: displayName.trim(), state: enabled ? "active" : "disabled", ...mail };
    update.run({ params: { accountId: account.id }, body });
  };
  return (
    <Form onSubmit={submit}>
      <FormField id="edit-name" label="Name" value={displayName} onChange={setDisplayName} isRequired />
      <FormField id="edit-email" label="Mail address" type="email" value={email} onChange={setEmail} />
      <Switch
        id="edit-enabled"
        label={enabled ? "May sign in" : "Disabled: it is signed out everywhere at once, and its tokens end"}
        isChecked={enabled}
        onChange={(_, next) => setEnabled(next)}
      />
      <ActOutcome act={update} done="It is saved" />
      <ActionGroup>
        <Button type="submit" isLoading={update.isPending} isDisabled={displayName.trim() === ""}>
          Save
        </Button>
      </ActionGroup>
    </Form>
  );
}

function Sessions({ account: { id, login } }: { readonly account: Account }) {
  const sessions = useQuery(readQuery(listAccountSessions, { params: { accountId: id } }));
  return (
    <Read query={sessions} what="the sessions">
      {({ items }) =>
        items.length === 0 ? (
          <p className="subtle">{login} is signed in nowhere.</p>
        ) : (
          <CsvAbove endpoint={listAccountSessions} input={{ params: { accountId: id } }} fileName="sessions">
            <SessionTable label={`Where ${login} is signed in`} sessions={items} />
          </CsvAbove>
        )
      }
    </Read>
  );
}

interface ActsProps {
  readonly account: Account;
  readonly onEndSessions: () => void;
}

function Acts({ account: { id, login, source }, onEndSessions }: ActsProps) {
  // Whoever finds a browser open could otherwise set another password: one's own is changed with the current one.
  const isOwn = useQuery(sessionQuery).data?.account.id === id;
  const link = useAct(createAccountLink, { changes: [listAccountSessions] });
  const input = { params: { accountId: id } };
  return (
    <div className="panel">
      <span className="label-row">
        {source === "local" && !isOwn && (
          <Button variant="secondary" isLoading={link.isPending} onClick={() => link.run(input)}>
            Make a link for a new password
          </Button>
        )}
        <Button variant="secondary" isDanger onClick={onEndSessions}>
          Sign out everywhere
        </Button>
      </span>
      <ActOutcome act={link} />
      {link.data?.kind === "done" && <OneTimeLink login={login} link={link.data.reply} />}
    </div>
  );
}
