import { Alert, Card, CardBody, CardTitle, Content } from "@patternfly/react-core";
import { Command } from "../parts/command.tsx";

/** Prints a new link on the host. */
const NEW_LINK = "pratique server link";

/** Why a link did not work. The address carries the code only: nobody can put words into this page. */
export const refusals = ["TOKEN_REFUSED", "TOO_MANY_REQUESTS", "FAILED"] as const;

type Refusal = (typeof refusals)[number];

const words: Readonly<Record<Refusal, string>> = {
  TOKEN_REFUSED: "This link is used up, expired or unknown",
  TOO_MANY_REQUESTS: "Too many attempts: wait a minute, then try again",
  FAILED: "The server could not sign you in",
};

/** Nobody is signed in: says how to get in. */
export function SignInPage({ refused }: { readonly refused?: Refusal | undefined }) {
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
