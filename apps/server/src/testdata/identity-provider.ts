import { generateKeyPairSync } from "node:crypto";
import { createServer, type Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tempDirectory } from "@pratique/testkit";
import { type Adapter, type AdapterPayload, Provider } from "oidc-provider";
import { ensureCertificate, type TlsIdentity } from "../certificate.ts";
import { callHttps, type Reply } from "./call.ts";

/** Somebody whom the provider knows. */
export type ProviderPerson = Readonly<Record<string, unknown>>;

/** A real OpenID Connect provider on loopback, which lets in whoever it is told to. */
export interface TestIdentityProvider extends AsyncDisposable {
  readonly issuer: string;
  /** Who sits at the browser. */
  person: string;
}

export const CLIENT = { id: "pratique", secret: "canary-client-secret-0a6c" };

/** A certificate for loopback, and the same as what is to be trusted. */
export async function loopbackIdentity(): Promise<TlsIdentity> {
  using directory = tempDirectory();
  return await ensureCertificate({ directory: directory.at("tls"), names: ["127.0.0.1"], now: Date.now });
}

export async function startIdentityProvider(
  identity: TlsIdentity,
  { redirectUri, people }: { redirectUri: string; people: Readonly<Record<string, ProviderPerson>> },
): Promise<TestIdentityProvider> {
  let handle = (_: IncomingMessage, response: ServerResponse): void => void response.end();
  const server = createServer({ ...identity }, (request, response) => handle(request, response));
  const issuer = `https://127.0.0.1:${await listen(server)}`;
  const running = {
    issuer,
    person: Object.keys(people)[0] ?? "",
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const provider = providerFor(issuer, { redirectUri, people });
  const answer = provider.callback();
  handle = (request, response) => {
    if (request.url?.startsWith("/interaction/") === true) {
      const login = { login: { accountId: running.person } };
      void provider.interactionFinished(request, response, login, { mergeWithLastSubmission: false });
    } else {
      void answer(request, response);
    }
  };
  return running;
}

function providerFor(
  issuer: string,
  { redirectUri, people }: { redirectUri: string; people: Readonly<Record<string, ProviderPerson>> },
): Provider {
  return new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [redirectUri],
        grant_types: ["authorization_code"],
        response_types: ["code"],
      },
    ],
    pkce: { required: () => true },
    claims: { openid: ["sub"], profile: ["name", "preferred_username", "groups", "acr", "amr"], email: ["email"] },
    findAccount: async (_, id) => ({ accountId: id, claims: async () => ({ sub: id, ...people[id] }) }),
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    features: { devInteractions: { enabled: false } },
    cookies: { keys: ["for tests"] },
    adapter: memory(),
    jwks: { keys: [signingKey()] },
    ttl: { AccessToken: 60, AuthorizationCode: 60, Grant: 60, IdToken: 60, Interaction: 60, Session: 60 },
    // Nobody is asked for consent.
    loadExistingGrant: async (context) => {
      const { session, client } = context.oidc;
      const grant = new context.oidc.provider.Grant({
        accountId: session?.accountId ?? "",
        clientId: client?.clientId ?? "",
      });
      grant.addOIDCScope("openid profile email");
      await grant.save();
      return grant;
    },
  });
}

/** Keeps what the provider has to remember, for as long as it runs. */
function memory(): (name: string) => Adapter {
  const kept = new Map<string, AdapterPayload>();
  return (name) => {
    const find = async (id: string) => kept.get(`${name} ${id}`);
    return {
      upsert: async (id, payload) => void kept.set(`${name} ${id}`, payload),
      find,
      findByUid: async (uid) => [...kept.values()].find((payload) => payload.uid === uid),
      findByUserCode: find,
      consume: async (id) => void Object.assign((await find(id)) ?? {}, { consumed: 1 }),
      destroy: async (id) => void kept.delete(`${name} ${id}`),
      revokeByGrantId: async () => undefined,
    };
  };
}

function signingKey() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), kty: "RSA", use: "sig", alg: "RS256" };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** A browser: it keeps cookies by host and follows redirects. */
export class Walker {
  readonly #cookies = new Map<string, Map<string, string>>();

  /** Goes to a place and wherever it is sent from there, until `isThere` says stop. */
  async walk(start: string, isThere: (url: URL) => boolean = () => false): Promise<{ url: URL; reply: Reply }> {
    let url = new URL(start);
    for (let step = 0; step < 12; step += 1) {
      const reply = await this.go(url);
      const { location } = reply.headers;
      if (location === undefined) return { url, reply };
      url = new URL(location, url);
      if (isThere(url)) return { url, reply };
    }
    throw new Error("too many redirects");
  }

  async go(url: URL): Promise<Reply> {
    const jar = this.jar(url);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const reply = await callHttps(url.origin, `${url.pathname}${url.search}`, { headers: { cookie } });
    for (const line of reply.headers["set-cookie"] ?? []) {
      const [pair = ""] = line.split(";");
      const at = pair.indexOf("=");
      if (pair.slice(at + 1) === "") jar.delete(pair.slice(0, at));
      else jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return reply;
  }

  jar({ host }: URL): Map<string, string> {
    const known = this.#cookies.get(host) ?? new Map<string, string>();
    this.#cookies.set(host, known);
    return known;
  }
}
