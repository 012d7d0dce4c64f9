import { Card, CardBody, CardTitle, Content } from "@patternfly/react-core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { sessionQuery } from "../api/queries.ts";
import { PasswordForm } from "../parts/access/account-password-form.tsx";
import { Read } from "../parts/read.tsx";

/** The first password of an account: the console opens once it is set. */
export function SetPasswordPage() {
  const session = useQuery(sessionQuery);
  const client = useQueryClient();
  const navigate = useNavigate();
  const enter = async () => {
    await client.fetchQuery({ ...sessionQuery, staleTime: 0 });
    await navigate({ to: "/", replace: true });
  };
  return (
    <main className="sign-in">
      <Card>
        <CardTitle component="h1">
          <img className="brand-mark" src="/icon.svg" alt="" /> Set your password
        </CardTitle>
        <CardBody className="panel">
          <Content component="p">
            The link has let you in, this once. From now on you sign in with your login and the password that
            you choose here.
          </Content>
          <Read query={session} what="your account">
            {(known) => (
              <>
                <Content component="p">
                  Your login is <strong>{known.account.login}</strong>.
                </Content>
                <PasswordForm session={known} onDone={() => void enter()} />
              </>
            )}
          </Read>
        </CardBody>
      </Card>
    </main>
  );
}
