import { randomBytes } from "node:crypto";
import type { Granted } from "@pratique/store";
import type { Context } from "./context.ts";
import { ServerError } from "./errors.ts";

const LINK_VALID_MS = 15 * 60_000;
const SESSION_VALID_MS = 12 * 3_600_000;
/** The only account until there are more. */
const ACCOUNT = "admin";

/** Makes a link that signs in, once. The token is in the fragment, which browsers never send. */
export async function createLink(
  { store, audit, now, origin }: Context,
  actor: string,
): Promise<{ url: string; expiresAt: string }> {
  const token = newToken();
  const expiresAtMs = now() + LINK_VALID_MS;
  const expiresAt = new Date(expiresAtMs).toISOString();
  audit.append({
    class: "access",
    action: "sign-in-link.created",
    actor,
    data: { account: ACCOUNT, expiresAt },
  });
  await store.sessions.addSignInToken({ token, account: ACCOUNT, expiresAtMs }, now());
  return { url: `${origin()}/signin#${token}`, expiresAt };
}

/** A session that has just begun, with its secret. */
export interface NewSession extends Granted {
  readonly token: string;
}

/** Changes a sign-in token for a session. Throws `TOKEN_REFUSED`. */
export async function redeem(context: Context, token: string, address: string): Promise<NewSession> {
  const { store, audit, now } = context;
  const granted = await store.sessions.redeemSignInToken(token, now());
  if (granted === undefined) {
    audit.append({ class: "access", action: "sign-in.refused", actor: "unknown", data: { address } });
    throw new ServerError("TOKEN_REFUSED", "the sign-in link is used up, expired or unknown");
  }
  const { account } = granted;
  const session = { token: newToken(), account, expiresAtMs: now() + SESSION_VALID_MS };
  audit.append({ class: "access", action: "session.started", actor: account, data: { address } });
  await store.sessions.addSession(session, now());
  return session;
}

function newToken(): string {
  return randomBytes(32).toString("base64url");
}
