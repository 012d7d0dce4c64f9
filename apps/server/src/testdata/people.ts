import { createAccount, createToken } from "@pratique/api";
import type { Permission, Scope } from "@pratique/core";
import type { CallOptions, Reply } from "./call.ts";
import { cookieIn, type TestServer } from "./test-server.ts";

/** Somebody who calls, with what shows who they are. */
export interface Person {
  readonly id: string;
  readonly login: string;
  /** What a browser or a program sends. */
  readonly headers: Readonly<Record<string, string>>;
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Reply>;
}

export const PASSWORD = "walnut-ferry-ochre-92";

/** The first administrator. */
export async function administrator(server: TestServer): Promise<Person> {
  const headers = { cookie: await server.signIn(), origin: server.running.url };
  return personOf(server, { id: "admin", login: "admin", headers });
}

/** A role, and the part of the fleet in which it is held. */
export interface Held {
  readonly role: string;
  readonly scope?: Scope;
}

/** A new person with a password and roles, signed in. */
export async function person(
  server: TestServer,
  admin: Person,
  { login, held }: { readonly login: string; readonly held: readonly Held[] },
): Promise<Person> {
  const made = await admin.call("POST", "/api/v1/accounts", { login, displayName: login });
  const { account, link } = createAccount.reply.parse(made.json);
  for (const { role, scope = {} } of held) {
    const grant = { holder: { kind: "account", id: account.id }, role, scope };
    const reply = await admin.call("POST", "/api/v1/grants", grant);
    if (reply.status !== 200) throw new Error(`the grant was refused: ${reply.text}`);
  }
  const cookie = await redeem(server, link.url);
  const headers = { cookie, origin: server.running.url };
  const found = personOf(server, { id: account.id, login, headers });
  const set = await found.call("PUT", "/api/v1/session/password", { next: PASSWORD });
  if (set.status !== 204) throw new Error(`the password was refused: ${set.text}`);
  return found;
}

/** Signs in with a link, and gives the cookie. */
export async function redeem(server: TestServer, url: string): Promise<string> {
  const body = { token: new URL(url).hash.slice(1) };
  const headers = { origin: server.running.url };
  return cookieIn(await server.call("/api/v1/session", { method: "POST", headers, body }));
}

/** A token of somebody, as a caller. */
export async function tokenOf(
  server: TestServer,
  owner: Person,
  { permissions, scope = {} }: { readonly permissions: readonly Permission[]; readonly scope?: Scope },
): Promise<Person & { readonly secret: string; readonly tokenId: string }> {
  const made = await owner.call("POST", "/api/v1/session/tokens", { name: "ci", permissions, scope });
  const { token, secret } = createToken.reply.parse(made.json);
  const headers = { authorization: `Bearer ${secret}` };
  return { ...personOf(server, { id: owner.id, login: owner.login, headers }), secret, tokenId: token.id };
}

/** Nobody in particular. */
export function nobody(server: TestServer): Person {
  return personOf(server, { id: "", login: "", headers: { origin: server.running.url } });
}

export function personOf(server: TestServer, who: Pick<Person, "id" | "login" | "headers">): Person {
  return {
    ...who,
    call: async (method, path, body, more = {}) => {
      const options: CallOptions = {
        method,
        headers: { ...who.headers, ...more },
        ...(body !== undefined && { body }),
      };
      return await server.call(path, options);
    },
  };
}
