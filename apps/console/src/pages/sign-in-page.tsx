import {
  ActionGroup,
  Button,
  Card,
  CardBody,
  CardTitle,
  Content,
  Divider,
  Form,
} from "@patternfly/react-core";
import { listSignInMethods, pathOf, type SignInRefusal, signInWithPassword, startOidc } from "@pratique/api";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { readQuery, sessionQuery } from "../api/queries.ts";
import { ActOutcome } from "../parts/act-outcome.tsx";
import { Alert } from "../parts/alert.tsx";
import { Command } from "../parts/command.tsx";
import { FormField } from "../parts/form-field.tsx";
import { useAct } from "../parts/use-act.ts";

/** Prints a new link on the host. */
const NEW_LINK = "pratique server link";
const route = getRouteApi("/signin");

const words: Readonly<Record<SignInRefusal, string>> = {
  TOKEN_REFUSED: "This link is used up, expired or unknown",
  SIGN_IN_REFUSED: "The provider vouches for nobody who may sign in here",
  PROVIDER_UNREACHABLE: "The identity provider cannot be reached, or is not set up as it should be",
  TOO_MANY_REQUESTS: "Too many attempts: wait a minute, then try again",
  FAILED: "The server could not sign you in",
};

/** Nobody is signed in: with a password, through an identity provider, or with a link from the host. */
export function SignInPage() {
  const { refused, to } = route.useSearch();
  const methods = useQuery(readQuery(listSignInMethods));
  const providers = methods.data?.providers ?? [];
  return (
    <main className="sign-in">
      <Card>
        <CardTitle component="h1">
          <img className="brand-mark" src="/icon.svg" alt="" /> Sign in to Pratique
        </CardTitle>
        <CardBody className="panel">
          {refused !== undefined && <Alert isInline variant="danger" title={words[refused]} />}
          {methods.data?.password !== false && <PasswordForm to={to ?? "/"} />}
          {providers.length > 0 && (
            <>
              <Divider />
              {providers.map(({ id, name }) => (
                <Button
                  key={id}
                  component="a"
                  variant="secondary"
                  isBlock
                  href={pathOf(startOidc, { provider: id }, { to })}
                >
                  {`Sign in with ${name}`}
                </Button>
              ))}
            </>
          )}
          <Divider />
          <Content component="p" className="subtle">
            No password yet, or lost it? Whoever administers the server prints a link that works once:
          </Content>
          <div>
            <Command>{NEW_LINK}</Command>
          </div>
        </CardBody>
      </Card>
    </main>
  );
}

function PasswordForm({ to }: { readonly to: string }) {
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const client = useQueryClient();
  const router = useRouter();
  const signIn = useAct(signInWithPassword, {
    onDone: (session) => {
      client.setQueryData(sessionQuery.queryKey, session);
      router.history.replace(to);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.run({ body: { login, password } });
  };
  return (
    <Form onSubmit={submit}>
      <ActOutcome act={signIn} />
      <FormField
        id="login"
        label="Login"
        value={login}
        onChange={setLogin}
        isRequired
        autoComplete="username"
      />
      <FormField
        id="password"
        label="Password"
        type="password"
        value={password}
        onChange={setPassword}
        isRequired
        autoComplete="current-password"
      />
      <ActionGroup>
        <Button
          type="submit"
          isBlock
          isLoading={signIn.isPending}
          isDisabled={login === "" || password === ""}
        >
          Sign in
        </Button>
      </ActionGroup>
    </Form>
  );
}
