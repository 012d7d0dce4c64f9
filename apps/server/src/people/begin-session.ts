import type { PeopleStore, StoredAccount } from "@pratique/store";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Caller, SignInMethod } from "../calls/caller.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { SESSION_COOKIE, setSessionCookie } from "../session-cookie.ts";
import { principalOf } from "./directory.ts";
import type { Assurance } from "./oidc-sign-in.ts";

interface Way {
  readonly method: SignInMethod;
  /** What a provider says of how they have shown it; absent where none was asked. */
  readonly assurance?: Assurance;
  readonly http: { readonly request: FastifyRequest; readonly reply: FastifyReply } | undefined;
}

/** Signs somebody in who has shown who they are: the record says so first, then the browser gets its cookie. */
export async function beginSession(
  { store, sessions, record, now }: Pick<Context, "store" | "sessions" | "record" | "now">,
  account: StoredAccount,
  { method, assurance, http }: Way,
): Promise<Caller> {
  const { people } = store;
  await noteSignIn(people, account.id, now());
  const address = http?.request.ip ?? "";
  const former = http?.request.cookies[SESSION_COOKIE];
  const session = await sessions.begin(account.id, { method, address, former });
  const caller: Caller = {
    kind: "account",
    id: account.id,
    name: account.login,
    method,
    session: session.id,
    address,
    principal: await principalOf(people, account, now()),
  };
  await record.append({
    class: "access",
    action: "session.started",
    actor: caller,
    subject: { kind: "account", id: account.id },
    stage: "fact",
    call: null,
    decision: null,
    rule: null,
    outcome: "done",
    data: {
      breakGlass: account.breakGlass,
      ...(assurance !== undefined && { acr: assurance.acr, amr: assurance.amr }),
    },
  });
  if (http !== undefined) setSessionCookie(http.reply, session);
  return caller;
}

/** Looks once more: an account that was disabled while its password was checked must not come back by signing in. */
async function noteSignIn(people: PeopleStore, id: string, nowMs: number): Promise<void> {
  await people.together(async (inside) => {
    const state = (await inside.accounts.find(id))?.state;
    if (state === undefined || state === "disabled") {
      throw new ServerError("SIGN_IN_REFUSED", "the account is disabled");
    }
    await inside.accounts.change(id, { state: "active", lastSignInAt: new Date(nowMs).toISOString() });
  });
}
