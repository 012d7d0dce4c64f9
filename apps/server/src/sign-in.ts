import { randomBytes } from "node:crypto";
import type { Granted } from "@pratique/store";
import type { Context } from "./context.ts";
import { ServerError } from "./errors.ts";

const LINK_VALID_MS = 15 * 60_000;
const SESSION_VALID_MS = 12 * 3_600_000;
/** The only account until there are more. */
const ACCOUNT = "admin";

/** Makes a link that signs in, once. The token is in the fragment, which browsers never send. */
export async function createLink({
  store,
  now,
  origin,
}: Context): Promise<{ url: string; expiresAt: string }> {
  const token = newToken();
  const expiresAtMs = now() + LINK_VALID_MS;
  await store.sessions.addSignInToken({ token, account: ACCOUNT, expiresAtMs }, now());
  return { url: `${origin()}/signin#${token}`, expiresAt: new Date(expiresAtMs).toISOString() };
}

/** A session that has just begun, with its secret. */
export interface NewSession extends Granted {
  readonly token: string;
}

/** Changes a sign-in token for a session. Throws `TOKEN_REFUSED`. */
export async function redeem({ store, now }: Context, token: string): Promise<NewSession> {
  const granted = await store.sessions.redeemSignInToken(token, now());
  if (granted === undefined) {
    throw new ServerError("TOKEN_REFUSED", "the sign-in link is used up, expired or unknown");
  }
  const session = { token: newToken(), account: granted.account, expiresAtMs: now() + SESSION_VALID_MS };
  await store.sessions.addSession(session, now());
  return session;
}

function newToken(): string {
  return randomBytes(32).toString("base64url");
}
