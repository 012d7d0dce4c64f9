import { fastifyCookie } from "@fastify/cookie";
import { finishOidc, pathOf, type SignInRefusal, signInRefusals, startOidc } from "@pratique/api";
import type { StoredProvider } from "@pratique/store";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Binder } from "../bind.ts";
import type { Caller } from "../calls/caller.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { beginSession } from "../people/begin-session.ts";
import { accountOfVouched } from "../people/vouched-account.ts";

const STATE_COOKIE = "__Host-sign-in";
/** `Lax`: the browser comes back from another site, and brings the cookie only so. */
const flags = { path: "/", secure: true, httpOnly: true, sameSite: "lax" } as const;

/** Signing in with an identity provider. */
export function bindOidc(binder: Binder, context: Context): void {
  const { oidc, store, throttle } = context;

  const find = async (id: string): Promise<StoredProvider> => {
    const provider = await store.people.providers.find(id);
    if (provider?.enabled !== true) {
      throw new ServerError("NOT_FOUND", `there is no provider ${JSON.stringify(id)}`);
    }
    return provider;
  };

  binder.bind(startOidc, async ({ params, query, caller, http }) => {
    if (http === undefined) return undefined;
    const provider = await find(params.provider);
    const attempt = await throttle.begin(caller.address);
    const callback = pathOf(finishOidc, { provider: provider.id });
    // The Host is one of the server's own names: others have been refused.
    const redirectUri = `https://${http.request.headers.host}${callback}`;
    try {
      const begun = await oidc.begin(provider, { redirectUri, to: query.to ?? "/" });
      await attempt.succeeded();
      setState(http.reply, begun.state, begun.validSeconds);
      http.reply.status(303).header("location", begun.url);
    } catch (thrown) {
      if (!(thrown instanceof ServerError)) throw thrown;
      context.log.warn({ err: thrown, provider: provider.id }, "no sign-in with a provider could begin");
      sendBack(http.reply, thrown.code === "SIGN_IN_REFUSED" ? "PROVIDER_UNREACHABLE" : thrown.code);
    }
    return undefined;
  });

  binder.bind(finishOidc, async ({ params, caller, http }) => {
    if (http === undefined) return undefined;
    const provider = await find(params.provider);
    // Each answer is written down. Whoever made some up is sent away from now on before that: see Authenticator.
    const attempt = await throttle.begin(caller.address);
    try {
      const to = await finish(context, provider, http);
      await attempt.succeeded();
      http.reply.status(303).header("location", to);
    } catch (thrown) {
      if (!(thrown instanceof ServerError)) throw thrown;
      await recordRefused(context, { caller, provider, because: thrown.message });
      context.log.warn({ err: thrown, provider: provider.id }, "a sign-in with a provider was refused");
      setState(http.reply, "", 0);
      sendBack(http.reply, thrown.code);
    }
    return undefined;
  });
}

async function finish(
  context: Context,
  provider: StoredProvider,
  http: { readonly request: FastifyRequest; readonly reply: FastifyReply },
): Promise<string> {
  const { oidc, store, now } = context;
  const { cookies, url } = http.request;
  const at = url.indexOf("?");
  const query = at < 0 ? "" : url.slice(at);
  const { vouched, to } = await oidc.finish(provider, query, cookies[STATE_COOKIE] ?? "");
  const account = await accountOfVouched(store.people, provider, { vouched, nowMs: now() });
  setState(http.reply, "", 0);
  await beginSession(context, account, { method: "oidc", assurance: vouched.assurance, http });
  return to;
}

/** A person looks at what comes of this: the console tells them, in words of its own. */
function sendBack(reply: FastifyReply, code: string): void {
  const refused: SignInRefusal = signInRefusals.find((known) => known === code) ?? "FAILED";
  reply.status(303).header("location", `/signin?refused=${refused}`);
}

function setState(reply: FastifyReply, value: string, maxAge: number): void {
  reply.header("set-cookie", fastifyCookie.serialize(STATE_COOKIE, value, { ...flags, maxAge }));
}

async function recordRefused(
  { record }: Context,
  { caller, provider, because }: { caller: Caller; provider: StoredProvider; because: string },
): Promise<void> {
  await record.append({
    class: "access",
    action: "sign-in.refused",
    actor: caller,
    subject: { kind: "provider", id: provider.id },
    stage: "fact",
    call: null,
    decision: "deny",
    rule: because,
    outcome: "refused",
    data: {},
  });
}
