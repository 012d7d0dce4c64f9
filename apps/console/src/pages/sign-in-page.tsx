import { Alert, Card, CardBody, CardTitle, Content } from "@patternfly/react-core";
import { getRouteApi } from "@tanstack/react-router";
import { Command } from "../parts/command.tsx";
import type { SignInRefusal } from "../shell/sign-in-refusals.ts";

const route = getRouteApi("/signin");

/** Prints a new link on the host. */
const NEW_LINK = "pratique server link";

const words: Readonly<Record<SignInRefusal, string>> = {
  TOKEN_REFUSED: "This link is used up, expired or unknown",
  SIGN_IN_REFUSED: "The sign-in was refused",
  TOO_MANY_REQUESTS: "Too many attempts: wait a minute, then try again",
  FAILED: "The server could not sign you in",
};

/** Nobody is signed in: says how to get in. */
export function SignInPage() {
  const { refused } = route.useSearch();
  return (
    <main className="sign-in">
      <Card>
        <CardTitle component="h1">
          <img className="brand-mark" src="/icon.svg" alt="" /> Sign in to Pratique
        </CardTitle>
        <CardBody>
          {refused !== undefined && <Alert isInline variant="danger" title={words[refused]} />}
          <Content component="p">
            There are no passwords. A link that works once, for 15 minutes, is printed on the host:
          </Content>
          <Command>{NEW_LINK}</Command>
        </CardBody>
      </Card>
    </main>
  );
}
