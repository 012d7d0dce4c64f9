import { Button, Card, CardBody, CardHeader, CardTitle, EmptyState, Label } from "@patternfly/react-core";
import { type Account, listAccounts } from "@pratique/api";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { listSource } from "../../api/list-source.ts";
import { useMay } from "../../api/may.ts";
import { ListPanel } from "../lists/list-panel.tsx";
import type { Column } from "../lists/list-table.tsx";
import { RelativeTime } from "../relative-time.tsx";
import { useAddressChange } from "../use-address.ts";
import { AccountEditor } from "./access-account-editor.tsx";
import { NewAccount } from "./access-new-account.tsx";
import { useAccessAddress } from "./use-access-address.ts";

const source = listSource(listAccounts);

const states = {
  active: { color: "green", text: "Active" },
  invited: { color: "blue", text: "Has no password yet" },
  disabled: { color: "grey", text: "Disabled" },
} as const satisfies Record<Account["state"], object>;

const columns: readonly Column<Account>[] = [
  { label: "Account", cell: (account) => <Name account={account} /> },
  { label: "State", cell: (account) => <State account={account} /> },
  {
    label: "Signs in",
    cell: ({ source: where }) => (where === "local" ? "with a password" : `through ${where}`),
  },
  { label: "Groups", cell: ({ groups }) => (groups.length === 0 ? "none" : groups.join(", ")) },
  {
    label: "Last seen",
    cell: ({ lastSignInAt }) =>
      lastSignInAt === null ? <span className="subtle">never</span> : <RelativeTime time={lastSignInAt} />,
  },
];

/** Everybody who may sign in. */
export function AccountsSection() {
  const { account, ...address } = useAccessAddress();
  const change = useAddressChange();
  const mayWrite = useMay()("accounts.write") !== undefined;
  const [makes, setMakes] = useState(false);
  return (
    <Card>
      <CardHeader
        actions={{
          hasNoOffset: true,
          actions: mayWrite && (
            <Button variant="primary" size="sm" onClick={() => setMakes(true)}>
              New account
            </Button>
          ),
        }}
      >
        <CardTitle component="h2">Accounts</CardTitle>
      </CardHeader>
      <CardBody>
        <ListPanel
          label="Accounts"
          source={source}
          address={address}
          onAddress={change}
          columns={columns}
          filters={[{ kind: "search", name: "text", label: "Find accounts" }]}
          keyOf={({ id }) => id}
          isSelected={({ id }) => id === account}
          empty={<EmptyState variant="sm" titleText="There are no accounts" headingLevel="h3" />}
        />
      </CardBody>
      {makes && <NewAccount onClose={() => setMakes(false)} />}
      {account !== undefined && (
        <AccountEditor accountId={account} onClose={() => change({ account: undefined })} />
      )}
    </Card>
  );
}

function Name({ account: { id, login, displayName, email } }: { readonly account: Account }) {
  return (
    <>
      <Link
        to="/access/$section"
        params={{ section: "accounts" }}
        search={(old) => ({ ...old, account: id })}
        className="strong"
      >
        {login}
      </Link>
      <div className="subtle break">
        {displayName}
        {email !== undefined && `, ${email}`}
      </div>
    </>
  );
}

function State({ account: { state, breakGlass } }: { readonly account: Account }) {
  const { color, text } = states[state];
  return (
    <span className="label-row">
      <Label isCompact color={color}>
        {text}
      </Label>
      {breakGlass && (
        <Label isCompact color="orange">
          break glass
        </Label>
      )}
    </span>
  );
}
