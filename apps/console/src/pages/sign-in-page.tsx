import { Alert, Card, CardBody, CardTitle, Content } from "@patternfly/react-core";
import { Command } from "../parts/command.tsx";

/** Prints a new link on the host. */
const NEW_LINK = "pratique server link";

/** Nobody is signed in: says how to get in. `refused` is why a link did not work. */
export function SignInPage({ refused }: { readonly refused: string | undefined }) {
  return (
    <main className="sign-in">
      <Card>
        <CardTitle component="h1">
          <img className="brand-mark" src="/icon.svg" alt="" /> Sign in to Pratique
        </CardTitle>
        <CardBody>
          {refused !== undefined && <Alert isInline variant="danger" title={refused} />}
          <Content component="p">
            There are no passwords. A link that works once, for 15 minutes, is printed on the host:
          </Content>
          <Command label="Command that prints a sign-in link">{NEW_LINK}</Command>
        </CardBody>
      </Card>
    </main>
  );
}
