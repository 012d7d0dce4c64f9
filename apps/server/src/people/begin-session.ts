import type { PeopleStore, StoredAccount } from "@pratique/store";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Caller, SignInMethod } from "../calls/caller.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { SESSION_COOKIE, setSessionCookie } from "../session-cookie.ts";
import { principalOf } from "./directory.ts";
import type { Assurance } from "./oidc-sign-in.ts";
import { Sessions } from "./sessions.ts";

interface Way {
  readonly method: SignInMethod;
  /** What a provider says of how they have shown it; absent where none was asked. */
  readonly assurance?: Assurance;
  readonly http: { readonly request: FastifyRequest; readonly reply: FastifyReply } | undefined;
}

/**
 * Signs somebody in who has shown who they are, by the account as it was then: the record says so first, then the browser
 * gets its cookie. Throws `SIGN_IN_REFUSED` where the account was disabled, or got another password, meanwhile.
 */
export async function beginSession(
  { store, record, now }: Pick<Context, "store" | "record" | "now">,
  account: StoredAccount,
  { method, assurance, http }: Way,
): Promise<Caller> {
  const { people } = store;
  const address = http?.request.ip ?? "";
  const former = http?.request.cookies[SESSION_COOKIE];
  const session = await people.together(async (inside) => {
    await noteSignIn(inside, account, now());
    return await new Sessions(inside, now).begin(account.id, { method, address, former });
  });
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

/**
 * Looks once more: an account that was disabled while its password was checked must not come back by signing in, and who
 * knows the former password, or had a link, must not have a session that began before it changed and is there after it.
 */
async function noteSignIn(
  people: PeopleStore,
  { id, passwordHash }: StoredAccount,
  nowMs: number,
): Promise<void> {
  const found = await people.accounts.find(id);
  if (found === undefined || found.state === "disabled") {
    throw new ServerError("SIGN_IN_REFUSED", "the account is disabled");
  }
  if (found.passwordHash !== passwordHash) {
    throw new ServerError("SIGN_IN_REFUSED", "the account got another password meanwhile");
  }
  await people.accounts.change(id, { state: "active", lastSignInAt: new Date(nowMs).toISOString() });
}
