import { Button, Card, CardBody, CardTitle, EmptyState, EmptyStateBody } from "@patternfly/react-core";
import { type ApiToken, listOwnTokens, listTokens, revokeToken } from "@pratique/api";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { listSource } from "../../api/list-source.ts";
import { useMay } from "../../api/may.ts";
import { scopeWords } from "../../text/scope-words.ts";
import { Confirm } from "../confirm.tsx";
import { ListPanel } from "../lists/list-panel.tsx";
import type { Column } from "../lists/list-table.tsx";
import { RelativeTime } from "../relative-time.tsx";
import { useAct } from "../use-act.ts";
import { useAddressChange } from "../use-address.ts";
import { useAccessAddress } from "./use-access-address.ts";

const source = listSource(listTokens);

const columns: readonly Column<ApiToken>[] = [
  { label: "Token", cell: ({ name }) => <span className="strong">{name}</span> },
  {
    label: "Account",
    cell: ({ account, accountLogin }) => (
      <Link to="/access/$section" params={{ section: "accounts" }} search={{ account }}>
        {accountLogin}
      </Link>
    ),
  },
  { label: "May", cell: ({ permissions }) => <span className="break">{permissions.join(", ")}</span> },
  { label: "Where", cell: ({ scope }) => scopeWords(scope) },
  { label: "Ends", cell: ({ expiresAt }) => <RelativeTime time={expiresAt} /> },
  {
    label: "Last used",
    cell: ({ lastUsedAt, lastUsedFrom }) =>
      lastUsedAt === null ? (
        <span className="subtle">never</span>
      ) : (
        <>
          <RelativeTime time={lastUsedAt} />
          <div className="subtle">{lastUsedFrom}</div>
        </>
      ),
  },
];

/** Everybody's tokens. */
export function TokensSection() {
  const { account, cursor, page, limit } = useAccessAddress();
  const change = useAddressChange();
  const mayWrite = useMay()("tokens.write") !== undefined;
  const [revoked, setRevoked] = useState<ApiToken>();
  const revoke = useAct(revokeToken, { changes: [listTokens, listOwnTokens] });
  const action: Column<ApiToken> = {
    label: "Action",
    cell: (token) => (
      <Button variant="secondary" isDanger size="sm" onClick={() => setRevoked(token)}>
        Revoke
      </Button>
    ),
  };
  const address = { account, cursor, page, limit };
  return (
    <Card>
      <CardTitle component="h2">Tokens</CardTitle>
      <CardBody>
        <ListPanel
          label="Tokens"
          source={source}
          address={Object.fromEntries(Object.entries(address).filter(([, value]) => value !== undefined))}
          onAddress={change}
          columns={mayWrite ? [...columns, action] : columns}
          filters={[{ kind: "given", name: "account", label: "Account" }]}
          keyOf={({ id }) => id}
          empty={
            <EmptyState variant="sm" titleText="Nobody has a token" headingLevel="h3">
              <EmptyStateBody>
                Programs call the API with one. Whoever may do what a program is to do makes it under{" "}
                <Link to="/account">their own account</Link>.
              </EmptyStateBody>
            </EmptyState>
          }
        />
      </CardBody>
      {revoked !== undefined && (
        <Confirm
          title={`Revoke ${revoked.name} of ${revoked.accountLogin}?`}
          verb="Revoke"
          act={revoke}
          onConfirm={() => revoke.run({ params: { tokenId: revoked.id } })}
          onClose={() => {
            revoke.reset();
            setRevoked(undefined);
          }}
        >
          <p>What uses it is refused from now on. That cannot be taken back.</p>
        </Confirm>
      )}
    </Card>
  );
}
