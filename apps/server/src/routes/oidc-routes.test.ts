import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import {
  CLIENT,
  loopbackIdentity,
  startIdentityProvider,
  type TestIdentityProvider,
  Walker,
} from "../testdata/identity-provider.ts";
import { administrator, type Person } from "../testdata/people.ts";
import { type TestServer, testServer } from "../testdata/test-server.ts";

const people = {
  "s-ann": {
    name: "Ann Example",
    preferred_username: "ann",
    email: "ann@example.org",
    groups: ["ops", "all"],
    acr: "urn:example:two-factors",
    amr: ["pwd", "otp", 7],
  },
  "s-bob": { name: "Bob", preferred_username: "admin", groups: ["all"] },
  "s-eve": { preferred_username: "=cmd|' /C calc'!A0 \r\n", groups: "ops" },
};

interface Scene extends AsyncDisposable {
  readonly server: TestServer;
  readonly admin: Person;
  readonly idp: TestIdentityProvider;
  readonly start: string;
  put(more?: object): Promise<Record<string, unknown>>;
  /** Signs in as somebody, and gives where the browser ends up. */
  signIn(who: keyof typeof people, walker?: Walker, query?: string): Promise<URL>;
  session(walker: Walker): Promise<Record<string, unknown>>;
}

async function scene(): Promise<Scene> {
  const identity = await loopbackIdentity();
  // The provider's own clock is the real one, and so are the times in its tokens.
  const server = await testServer({
    identityProviders: { addresses: { allow: ["127.0.0.1"] }, certificates: [String(identity.cert)] },
  });
  const admin = await administrator(server);
  const redirectUri = `${server.running.url}/api/v1/session/oidc/corp/callback`;
  const idp = await startIdentityProvider(identity, { redirectUri, people });
  const start = `${server.running.url}/api/v1/session/oidc/corp`;
  const put = async (more = {}) => {
    const body = {
      name: "Corp",
      issuer: idp.issuer,
      clientId: CLIENT.id,
      clientSecret: CLIENT.secret,
      ...more,
    };
    return (await admin.call("PUT", "/api/v1/identity-providers/corp", body)).json;
  };
  await put();
  return {
    server,
    admin,
    idp,
    start,
    put,
    signIn: async (who, walker = new Walker(), query = "") => {
      idp.person = who;
      const own = new URL(server.running.url).origin;
      const { url } = await walker.walk(
        `${start}${query}`,
        (at) => at.origin === own && !at.pathname.startsWith("/api/"),
      );
      return url;
    },
    session: async (walker) => (await walker.go(new URL("/api/v1/session", server.running.url))).json,
    async [Symbol.asyncDispose]() {
      await idp[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

it("signs a person in whom a provider vouches for, with the roles of their groups", async () => {
  await using at = await scene();
  await at.admin.call("POST", "/api/v1/grants", {
    holder: { kind: "group", id: "corp/ops" },
    role: "operator",
    scope: {},
  });
  const walker = new Walker();
  const url = await at.signIn("s-ann", walker);
  expect(`${url.pathname}${url.search}`).toBe("/");
  expect(await at.session(walker)).toMatchObject({
    account: { login: "ann", displayName: "Ann Example" },
    method: "oidc",
    password: "elsewhere",
    mustSetPassword: false,
    permissions: { "hosts.join": "allow", "containers.respond": "needs-approval" },
  });
  const page = await at.admin.call("GET", "/api/v1/accounts?text=ann");
  expect(page.json).toMatchObject({
    items: [{ source: "corp", state: "active", email: "ann@example.org", groups: ["corp/ops", "corp/all"] }],
  });
});

it("tells the record how a provider says that somebody has shown who they are", async () => {
  await using at = await scene();
  await at.signIn("s-ann");
  await at.signIn("s-bob");
  const started = at.server.audited.filter(({ action }) => action === "session.started");
  expect(started.map(({ data }) => data).slice(-2)).toMatchObject([
    { acr: "urn:example:two-factors", amr: ["pwd", "otp"] },
    { acr: null, amr: [] },
  ]);
});

it("ends where the browser wanted to go, and on no other site", async () => {
  await using at = await scene();
  const there = "/images?text=a%26b&severity=high";
  const ended = await at.signIn("s-ann", new Walker(), `?to=${encodeURIComponent(there)}`);
  expect(`${ended.pathname}${ended.search}`).toBe(there);
  const elsewhere = [
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "/\r\nset-cookie: a=b",
    "/é",
    "evil",
    "",
  ];
  for (const to of elsewhere) {
    const reply = await new Walker().go(new URL(`${at.start}?to=${encodeURIComponent(to)}`));
    expect([to, reply.status, reply.json.code]).toEqual([to, 400, "REQUEST_MALFORMED"]);
  }
});

it("knows the person again, and takes nobody's login from them", async () => {
  await using at = await scene();
  await at.signIn("s-ann");
  await at.signIn("s-ann");
  const walker = new Walker();
  await at.signIn("s-bob", walker);
  expect(await at.session(walker)).toMatchObject({ account: { login: "admin@corp" }, permissions: {} });
  expect((await at.admin.call("GET", "/api/v1/accounts")).json).toMatchObject({ total: 3 });
});

it("makes a harmless login of whatever a provider calls its people", async () => {
  await using at = await scene();
  const walker = new Walker();
  await at.signIn("s-eve", walker);
  const { login } = Object(Object(await at.session(walker)).account);
  expect(login).toMatch(/^[A-Za-z0-9][A-Za-z0-9._@+-]*$/u);
});

it("lets in only those of the groups that may", async () => {
  await using at = await scene();
  await at.put({ allowedGroups: ["ops"] });
  expect((await at.signIn("s-bob")).search).toBe("?refused=SIGN_IN_REFUSED");
  expect((await at.signIn("s-ann")).search).toBe("");
  expect(at.server.audited.map(({ action }) => action)).toContain("sign-in.refused");
});

it("lets nobody in whose account was disabled", async () => {
  await using at = await scene();
  const walker = new Walker();
  await at.signIn("s-ann", walker);
  const { id } = Object(Object(await at.session(walker)).account);
  await at.admin.call("PUT", `/api/v1/accounts/${id}`, { displayName: "Ann", state: "disabled" });
  expect(await at.session(walker)).toMatchObject({ code: "NOT_SIGNED_IN" });
  expect((await at.signIn("s-ann")).search).toBe("?refused=SIGN_IN_REFUSED");
});

it("finishes only what the same browser began, once, in time, and unchanged", async () => {
  await using at = await scene();
  const callback = async (walker: Walker) => {
    const { url } = await walker.walk(at.start, ({ pathname }) => pathname.endsWith("/callback"));
    return url;
  };
  const ends = async (walker: Walker, url: URL) => (await walker.go(url)).headers.location;
  const refused = "/signin?refused=SIGN_IN_REFUSED";

  expect(await ends(new Walker(), await callback(new Walker()))).toBe(refused);

  const tampered = new Walker();
  const url = await callback(tampered);
  url.searchParams.set("state", "another");
  expect(await ends(tampered, url)).toBe(refused);

  const late = new Walker();
  const lateUrl = await callback(late);
  at.server.clock.advance(10 * 60_000);
  expect(await ends(late, lateUrl)).toBe(refused);

  const forged = new Walker();
  const forgedUrl = await callback(forged);
  forged.jar(forgedUrl).set("__Host-sign-in", "forged");
  expect(await ends(forged, forgedUrl)).toBe(refused);

  const other = new Walker();
  const otherUrl = await callback(other);
  otherUrl.searchParams.set("iss", "https://evil.example");
  expect(await ends(other, otherUrl)).toBe(refused);

  const twice = new Walker();
  const once = await callback(twice);
  const kept = new Map(twice.jar(once));
  expect(await ends(twice, once)).toBe("/");
  for (const [name, value] of kept) twice.jar(once).set(name, value);
  expect(await ends(twice, once)).toBe(refused);
});

it("slows down who makes answers up, and writes nothing down of who is sent away", async () => {
  await using at = await scene();
  const forged = new URL(`${at.start}/callback?code=x&state=y`);
  const statuses: number[] = [];
  for (let attempt = 0; attempt < 12; attempt += 1) statuses.push((await new Walker().go(forged)).status);
  expect(statuses).toEqual([...Array(10).fill(303), 429, 429]);
  expect(at.server.audited.filter(({ action }) => action === "sign-in.refused")).toHaveLength(10);
  expect(at.server.audited.filter(({ action }) => action === "finishOidc")).toHaveLength(10);
  at.server.clock.advance(60_000);
  expect((await at.signIn("s-ann")).search).toBe("");
});

it("does not count answers that another site has a browser load as a part of its page", async () => {
  await using at = await scene();
  const path = "/api/v1/session/oidc/corp/callback?code=x&state=y";
  const headers = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" };
  for (let attempt = 0; attempt < 12; attempt += 1) {
    const reply = await at.server.call(path, { headers });
    expect(reply.json).toMatchObject({ code: "ORIGIN_REFUSED" });
  }
  const led = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
  expect((await at.server.call(path, { headers: led })).status).toBe(303);
  expect((await at.signIn("s-ann")).search).toBe("");
});

it("finishes at one provider nothing that was begun at another", async () => {
  await using at = await scene();
  const body = { name: "Other", issuer: at.idp.issuer, clientId: CLIENT.id, clientSecret: CLIENT.secret };
  await at.admin.call("PUT", "/api/v1/identity-providers/other", body);
  const walker = new Walker();
  const { url } = await walker.walk(at.start, ({ pathname }) => pathname.endsWith("/callback"));
  const there = new URL(url);
  there.pathname = there.pathname.replace("/corp/", "/other/");
  const kept = new Map(walker.jar(there));
  expect((await walker.go(there)).headers.location).toBe("/signin?refused=SIGN_IN_REFUSED");
  for (const [name, value] of kept) walker.jar(url).set(name, value);
  expect((await walker.go(url)).headers.location).toBe("/");
});

it("sends the browser away with PKCE, a state and a nonce, and a cookie that only this server reads", async () => {
  await using at = await scene();
  const reply = await new Walker().go(new URL(at.start));
  const url = new URL(String(reply.headers.location));
  expect(Object.fromEntries(url.searchParams)).toMatchObject({
    code_challenge_method: "S256",
    response_type: "code",
    state: expect.stringMatching(/^[\w-]{43}$/u),
    nonce: expect.stringMatching(/^[\w-]{43}$/u),
  });
  const [cookie = ""] = reply.headers["set-cookie"] ?? [];
  expect(cookie).toMatch(/^__Host-sign-in=.*; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/u);
  expect(cookie).not.toContain(url.searchParams.get("state"));
});

it("stores the client's secret sealed, shows it to nobody, and sends it to no other issuer", async () => {
  await using at = await scene();
  await at.signIn("s-ann");
  const listed = await at.admin.call("GET", "/api/v1/identity-providers");
  expect(listed.json).toMatchObject({ items: [{ id: "corp", secretIsSet: true }] });
  const file = at.server.directory.at("server", "pratique.sqlite");
  const stored = readFileSync(file).toString("latin1") + readFileSync(`${file}-wal`).toString("latin1");
  for (const text of [listed.text, stored, JSON.stringify(at.server.audited), at.server.logged.join("\n")]) {
    expect(text).not.toContain(CLIENT.secret);
  }
  const { clientSecret: _, ...moved } = {
    clientSecret: "",
    name: "Corp",
    issuer: "https://evil.example",
    clientId: "c",
  };
  const reply = await at.admin.call("PUT", "/api/v1/identity-providers/corp", moved);
  expect(reply.json).toMatchObject({ code: "SETTINGS_INVALID", status: 422 });
});

it("lets nobody go on whose provider is off or gone", async () => {
  await using at = await scene();
  const walker = new Walker();
  await at.signIn("s-ann", walker);
  await at.put({ enabled: false });
  expect(await at.session(walker)).toMatchObject({ code: "NOT_SIGNED_IN" });
  await at.put();
  expect(await at.session(walker)).toMatchObject({ account: { login: "ann" } });
  await at.admin.call("DELETE", "/api/v1/identity-providers/corp");
  expect(await at.session(walker)).toMatchObject({ code: "NOT_SIGNED_IN" });
});

it("offers no provider that is off or gone", async () => {
  await using at = await scene();
  const methods = async () => (await at.server.call("/api/v1/sign-in-methods")).json.providers;
  expect(await methods()).toEqual([{ id: "corp", name: "Corp" }]);
  await at.put({ enabled: false });
  expect(await methods()).toEqual([]);
  expect((await new Walker().go(new URL(at.start))).json).toMatchObject({ code: "NOT_FOUND" });
  expect((await at.admin.call("DELETE", "/api/v1/identity-providers/corp")).status).toBe(204);
  expect((await at.admin.call("DELETE", "/api/v1/identity-providers/corp")).status).toBe(404);
});

it.each([
  "http://id.example",
  "https://user:secret@id.example",
  "https://id.example/?a=b",
  "https://169.254.169.254/latest",
  "https://127.0.0.1:8443",
  "https://[::1]/",
  "https://10.0.0.1/",
])("takes no provider at %s", async (issuer) => {
  await using server = await testServer();
  const admin = await administrator(server);
  const body = { name: "x", issuer, clientId: "c" };
  const reply = await admin.call("PUT", "/api/v1/identity-providers/x", body);
  expect(reply.json).toMatchObject({ code: "SETTINGS_INVALID" });
});

it("reaches no provider whose name leads inside", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const body = { name: "x", issuer: "https://localhost:1/", clientId: "c" };
  expect((await admin.call("PUT", "/api/v1/identity-providers/x", body)).status).toBe(200);
  const reply = await server.call("/api/v1/session/oidc/x");
  expect(reply.status).toBe(303);
  expect(reply.headers.location).toBe("/signin?refused=PROVIDER_UNREACHABLE");
});
