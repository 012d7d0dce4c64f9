import {
  endOwnSession,
  listOwnSessions,
  listSignInMethods,
  type Session,
  setPassword,
  showSession,
  signIn,
  signInWithPassword,
  signOut,
} from "@pratique/api";
import type { Permission, Principal } from "@pratique/core";
import { permissions } from "@pratique/core";
import type { StoredAccount } from "@pratique/store";
import type { Binder, Call } from "../bind.ts";
import type { Caller } from "../calls/caller.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { beginSession } from "../people/begin-session.ts";
import { checkPassword } from "../people/password-rule.ts";
import { sessionEntryOf } from "../people/session-entry.ts";
import { clearSessionCookie } from "../session-cookie.ts";
import { redeemLink } from "../sign-in.ts";

/** Signing in and out, and one's own password. */
export function bindSession(binder: Binder, context: Context): void {
  const { people } = context.store;

  binder.bind(signIn, async ({ body, caller, http }) => {
    const attempt = await context.throttle.begin(caller.address);
    const account = await redeemLink(context, body.token);
    await attempt.succeeded();
    return await answer(context, await beginSession(context, account, { method: "link", http }));
  });

  binder.bind(signInWithPassword, async ({ body, caller, http }) => {
    const attempt = await context.throttle.begin(caller.address, body.login);
    const account = await byPassword(context, body);
    await attempt.succeeded();
    return await answer(context, await beginSession(context, account, { method: "password", http }));
  });

  binder.bind(listSignInMethods, async () => ({
    password: true,
    providers: (await people.providers.list())
      .filter(({ enabled }) => enabled)
      .map(({ id, name }) => ({ id, name })),
  }));

  binder.bind(showSession, async ({ caller }) => await answer(context, caller));

  binder.bind(signOut, async ({ caller, http }) => {
    refuseTokens(caller);
    await people.sessions.end(caller.session);
    if (http !== undefined) clearSessionCookie(http.reply);
    return undefined;
  });

  binder.bind(listOwnSessions, async ({ caller }) => {
    refuseTokens(caller);
    const open = await context.sessions.list(caller.id);
    return { items: open.map((session) => sessionEntryOf(session, caller)) };
  });

  binder.bind(endOwnSession, async ({ params, caller, http }) => {
    refuseTokens(caller);
    const session = await context.sessions.findById(params.sessionId);
    if (session?.account !== caller.id) {
      throw new ServerError("NOT_FOUND", `there is no session ${JSON.stringify(params.sessionId)}`);
    }
    await people.sessions.end(session.id);
    if (http !== undefined && session.id === caller.session) clearSessionCookie(http.reply);
    return undefined;
  });

  binder.bind(setPassword, async (call) => {
    await changePassword(context, call);
    return undefined;
  });
}

/** The work is the same whether there is such an account or not, and so is the answer. */
async function byPassword(
  { store, passwords }: Context,
  { login, password }: { readonly login: string; readonly password: string },
): Promise<StoredAccount> {
  const account = await store.people.accounts.findByLogin(login);
  const usable = account?.source === "local" && account.state !== "disabled" ? account : undefined;
  const hash = usable?.passwordHash ?? null;
  const fits = await passwords.verify(password, hash);
  if (usable === undefined || hash === null || !fits) {
    throw new ServerError("SIGN_IN_REFUSED", "the login or the password is wrong");
  }
  if (!passwords.isOutdated(hash)) return usable;
  const passwordHash = await passwords.hash(password);
  return await store.people.together(async (inside) => {
    // Another password that was set meanwhile must not be replaced by this one.
    if ((await inside.accounts.find(usable.id))?.passwordHash !== hash) return usable;
    return (await inside.accounts.change(usable.id, { passwordHash })) ?? usable;
  });
}

async function changePassword(
  { store, passwords, throttle }: Context,
  { caller, body }: Call<typeof setPassword>,
): Promise<void> {
  const { accounts, sessions } = store.people;
  refuseTokens(caller);
  const account = await accounts.find(caller.id);
  if (account?.source !== "local") throw new ServerError("CONFLICT", "the password is kept elsewhere");
  if (account.passwordHash !== null && caller.method !== "link") {
    const attempt = await throttle.begin(caller.address, account.login);
    if (!(await passwords.verify(body.current ?? "", account.passwordHash))) {
      throw new ServerError("PASSWORD_REFUSED", "the current password is another one");
    }
    await attempt.succeeded();
  }
  checkPassword(body.next, account.login);
  await accounts.change(account.id, { passwordHash: await passwords.hash(body.next) });
  await sessions.endAll(account.id, caller.session);
  // The link has done what it was for: whoever finds the browser open sets no other password without this one.
  await sessions.setMethod(caller.session, "password");
  // Who found an older link could set another password after this one.
  await store.people.signInTokens.end(account.id);
}

function refuseTokens({ kind }: Caller): void {
  if (kind === "token") throw new ServerError("PERMISSION_DENIED", "a token signs nobody in or out");
}

async function answer({ store, sessions }: Context, caller: Caller): Promise<Session> {
  const account = await store.people.accounts.find(caller.id);
  const session = await sessions.findById(caller.session);
  const token = caller.kind === "token" ? await store.people.tokens.find(caller.session) : undefined;
  const expiresAt = token?.expiresAt ?? (session && new Date(session.expiresAtMs).toISOString());
  if (account === undefined || expiresAt === undefined) {
    throw new ServerError("NOT_SIGNED_IN", "nobody is signed in");
  }
  const { id, login, displayName } = account;
  return {
    account: { id, login, displayName },
    method: methodOf(caller),
    expiresAt,
    permissions: heldBy(caller.principal),
    password: passwordOf(account),
    mustSetPassword: passwordOf(account) === "unset",
  };
}

function methodOf({ method }: Caller): Session["method"] {
  return method === "password" || method === "oidc" || method === "token" ? method : "link";
}

function passwordOf({ source, passwordHash }: StoredAccount): Session["password"] {
  if (source !== "local") return "elsewhere";
  return passwordHash === null ? "unset" : "set";
}

/** What is held anywhere, at its freest. */
function heldBy({ holdings, limit }: Principal): Session["permissions"] {
  const held: Session["permissions"] = {};
  for (const permission of permissions) {
    if (limit !== undefined && !limit.permissions.includes(permission)) continue;
    const effect = freest(holdings, permission);
    if (effect !== undefined) held[permission] = effect;
  }
  return held;
}

function freest(
  holdings: Principal["holdings"],
  permission: Permission,
): "allow" | "needs-approval" | undefined {
  const effects = holdings.map(({ role }) => role.permissions[permission]);
  if (effects.includes("allow")) return "allow";
  return effects.includes("needs-approval") ? "needs-approval" : undefined;
}
