import { type Session, showSession, signIn, signOut } from "@pratique/api";
import type { Granted } from "@pratique/store";
import type { Binder } from "../bind.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { SESSION_COOKIE } from "../guard.ts";
import { RateLimit } from "../rate-limit.ts";
import { redeem } from "../sign-in.ts";

const ATTEMPTS_PER_MINUTE = 10;
const MINUTE_MS = 60_000;

const cookie = { path: "/", secure: true, httpOnly: true, sameSite: "strict" } as const;

/** Signing in and out. */
export function bindSession(binder: Binder, context: Context): void {
  const attempts = new RateLimit({ limit: ATTEMPTS_PER_MINUTE, windowMs: MINUTE_MS, now: context.now });

  binder.bind(signIn, async ({ body, request, reply }) => {
    if (!attempts.admit(request.ip)) {
      throw new ServerError("TOO_MANY_REQUESTS", "too many attempts to sign in");
    }
    const session = await redeem(context, body.token, request.ip);
    reply.setCookie(SESSION_COOKIE, session.token, { ...cookie, expires: new Date(session.expiresAtMs) });
    return sessionOf(session);
  });

  binder.bind(showSession, async ({ session }) => sessionOf(session));

  binder.bind(signOut, async ({ session, request, reply }) => {
    const { account } = sessionOf(session);
    context.audit.append({ class: "access", action: "session.ended", actor: account, data: {} });
    await context.store.sessions.endSession(request.cookies[SESSION_COOKIE] ?? "");
    reply.clearCookie(SESSION_COOKIE, cookie);
    return undefined;
  });
}

function sessionOf(granted: Granted | undefined): Session {
  if (granted === undefined) throw new ServerError("NOT_SIGNED_IN", "nobody is signed in");
  return { account: granted.account, expiresAt: new Date(granted.expiresAtMs).toISOString() };
}
