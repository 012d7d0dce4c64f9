import { type Session, showSession, signIn, signOut } from "@pratique/api";
import { permissions } from "@pratique/core";
import type { Binder } from "../bind.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { RateLimit } from "../rate-limit.ts";
import { clearSessionCookie, SESSION_COOKIE, setSessionCookie } from "../session-cookie.ts";
import { redeem } from "../sign-in.ts";

const ATTEMPTS_PER_MINUTE = 10;
const MINUTE_MS = 60_000;

/** Signing in and out. */
export function bindSession(binder: Binder, context: Context): void {
  const attempts = new RateLimit({ limit: ATTEMPTS_PER_MINUTE, windowMs: MINUTE_MS, now: context.now });

  binder.bind(signIn, async ({ body, caller, http }) => {
    if (!attempts.admit(caller.address)) {
      throw new ServerError("TOO_MANY_REQUESTS", "too many attempts to sign in");
    }
    const session = await redeem(context, body.token);
    if (http !== undefined) setSessionCookie(http.reply, session);
    return sessionOf(session.account, session.expiresAtMs);
  });

  binder.bind(showSession, async ({ caller }) => sessionOf(caller.id, context.now()));

  binder.bind(signOut, async ({ http }) => {
    await context.store.sessions.endSession(http?.request.cookies[SESSION_COOKIE] ?? "");
    if (http !== undefined) clearSessionCookie(http.reply);
    return undefined;
  });
}

function sessionOf(account: string, expiresAtMs: number): Session {
  return {
    account: { id: account, login: account, displayName: account },
    method: "link",
    expiresAt: new Date(expiresAtMs).toISOString(),
    permissions: Object.fromEntries(permissions.map((permission) => [permission, "allow" as const])),
    password: "unset",
    mustSetPassword: false,
  };
}
