import { Button, Content, Grid, GridItem, Label, PageSection } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { type ApiToken, listOwnTokens, listTokens, revokeOwnToken, type Session } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { readQuery, sessionQuery } from "../api/queries.ts";
import { PasswordForm } from "../parts/access/account-password-form.tsx";
import { OwnSessions } from "../parts/access/account-sessions.tsx";
import { TokenForm } from "../parts/access/account-token-form.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { Fact, Facts } from "../parts/facts.tsx";
import { CsvAbove } from "../parts/lists/csv-above.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Read } from "../parts/read.tsx";
import { RelativeTime } from "../parts/relative-time.tsx";
import { Section } from "../parts/section.tsx";
import { useAct } from "../parts/use-act.ts";
import { formatCount } from "../text/format.ts";
import { scopeWords } from "../text/scope-words.ts";

const methods: Readonly<Record<Session["method"], string>> = {
  link: "a link that works once",
  password: "your password",
  oidc: "your identity provider",
  token: "a token",
};

/** One's own account: who one is, one's tokens, and one's password. */
export function AccountPage() {
  const session = useQuery(sessionQuery);
  return (
    <>
      <PageHead title="Your account" />
      <PageSection isFilled>
        <Read query={session} what="your account">
          {(known) => (
            <Grid hasGutter>
              <GridItem xl={6}>
                <Section title="You">
                  <Who session={known} />
                </Section>
              </GridItem>
              <GridItem xl={6}>
                <Section title="Password">
                  {known.password === "elsewhere" ? (
                    <Content component="p">Your password is kept by your identity provider.</Content>
                  ) : (
                    <PasswordForm session={known} />
                  )}
                </Section>
              </GridItem>
              <GridItem span={12}>
                <OwnSessions />
              </GridItem>
              <GridItem span={12}>
                <Tokens session={known} />
              </GridItem>
            </Grid>
          )}
        </Read>
      </PageSection>
    </>
  );
}

function Who({ session }: { readonly session: Session }) {
  const { account, method, expiresAt, permissions } = session;
  const waits = Object.values(permissions).filter((effect) => effect === "needs-approval").length;
  return (
    <Facts label="You">
      <Fact term="Name">{account.displayName}</Fact>
      <Fact term="Login">{account.login}</Fact>
      <Fact term="Signed in with">{methods[method]}</Fact>
      <Fact term="The session ends">
        <RelativeTime time={expiresAt} />
      </Fact>
      <Fact term="Permissions">
        {formatCount(Object.keys(permissions).length, "permission")}
        {waits > 0 && <span className="subtle">, {waits} of them with a second person</span>}
      </Fact>
    </Facts>
  );
}

function Tokens({ session }: { readonly session: Session }) {
  const tokens = useQuery(readQuery(listOwnTokens));
  const [makes, setMakes] = useState(false);
  return (
    <Section
      title="Tokens"
      aside={
        <Button variant="secondary" size="sm" onClick={() => setMakes(true)}>
          Make a token
        </Button>
      }
    >
      <Read query={tokens} what="your tokens">
        {({ items }) =>
          items.length === 0 ? (
            <Content component="p">
              You have none. A token lets a program, such as a pipeline, call the API in your name, within
              what you give it.
            </Content>
          ) : (
            <CsvAbove endpoint={listOwnTokens} fileName="tokens">
              <TokenTable tokens={items} />
            </CsvAbove>
          )
        }
      </Read>
      {makes && <TokenForm session={session} onClose={() => setMakes(false)} />}
    </Section>
  );
}

function TokenTable({ tokens }: { readonly tokens: readonly ApiToken[] }) {
  const [revoked, setRevoked] = useState<ApiToken>();
  const revoke = useAct(revokeOwnToken, { changes: [listOwnTokens, listTokens] });
  const close = () => {
    revoke.reset();
    setRevoked(undefined);
  };
  return (
    <>
      <Table variant="compact" aria-label="Your tokens" gridBreakPoint="grid-lg">
        <Thead>
          <Tr>
            <Th>Name</Th>
            <Th>May</Th>
            <Th>Where</Th>
            <Th>Ends</Th>
            <Th>Last used</Th>
            <Th screenReaderText="Actions" />
          </Tr>
        </Thead>
        <Tbody>
          {tokens.map((token) => (
            <Tr key={token.id}>
              <Td dataLabel="Name">{token.name}</Td>
              <Td dataLabel="May">
                <span className="label-row">
                  {token.permissions.map((permission) => (
                    <Label key={permission} isCompact variant="outline">
                      {permission}
                    </Label>
                  ))}
                </span>
              </Td>
              <Td dataLabel="Where">{scopeWords(token.scope)}</Td>
              <Td dataLabel="Ends">
                <RelativeTime time={token.expiresAt} />
              </Td>
              <Td dataLabel="Last used">
                {token.lastUsedAt === null ? (
                  <span className="subtle">never</span>
                ) : (
                  <>
                    <RelativeTime time={token.lastUsedAt} />
                    <div className="subtle">{token.lastUsedFrom}</div>
                  </>
                )}
              </Td>
              <Td isActionCell>
                <Button variant="secondary" isDanger size="sm" onClick={() => setRevoked(token)}>
                  Revoke
                </Button>
              </Td>
            </Tr>
          ))}
        </Tbody>
      </Table>
      {revoked !== undefined && (
        <Confirm
          title={`Revoke ${revoked.name}?`}
          verb="Revoke"
          act={revoke}
          onConfirm={() => revoke.run({ params: { tokenId: revoked.id } })}
          onClose={close}
        >
          <p>What uses it is refused from now on. That cannot be taken back.</p>
        </Confirm>
      )}
    </>
  );
}
