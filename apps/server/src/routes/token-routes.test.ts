import { expect, it } from "vitest";
import { administrator, person, personOf, tokenOf } from "../testdata/people.ts";
import { testServer } from "../testdata/test-server.ts";

const TOKENS = "/api/v1/session/tokens";

it("lets a program do what the token holds, and no more", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const token = await tokenOf(server, admin, { permissions: ["images.read"] });
  expect(token.secret).toMatch(/^prq_[\w-]{43}$/u);
  expect((await token.call("GET", "/api/v1/images")).status).toBe(200);
  expect((await token.call("GET", "/api/v1/accounts")).json).toMatchObject({ code: "PERMISSION_DENIED" });
  expect((await token.call("GET", "/api/v1/session")).json).toMatchObject({
    method: "token",
    permissions: { "images.read": "allow" },
  });
  const own = await admin.call("GET", TOKENS);
  expect(own.json).toMatchObject({
    items: [{ name: "ci", accountLogin: "admin", lastUsedFrom: "127.0.0.1" }],
  });
  expect(own.text).not.toContain(token.secret);
});

it("makes no token beyond what its owner holds, and none by a token", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const ann = await person(server, admin, {
    login: "ann",
    held: [{ role: "viewer", scope: { hosts: ["web-*"] } }],
  });
  const make = (permissions: readonly string[], scope: object) =>
    ann.call("POST", TOKENS, { name: "x", permissions, scope });
  expect((await make(["hosts.read"], { hosts: ["web-1"] })).status).toBe(200);
  for (const [permission, scope] of [
    ["hosts.read", {}],
    ["hosts.read", { hosts: ["*"] }],
    ["roles.write", { hosts: ["web-1"] }],
  ] as const) {
    expect((await make([permission], scope)).json).toMatchObject({ code: "MORE_THAN_HELD" });
  }
  const token = await tokenOf(server, ann, { permissions: ["hosts.read"], scope: { hosts: ["web-1"] } });
  for (const [method, path, body] of [
    ["POST", TOKENS, { name: "x", permissions: ["hosts.read"], scope: { hosts: ["web-1"] } }],
    ["PUT", "/api/v1/session/password", { next: "gravel-lantern-motif-31" }],
    ["DELETE", "/api/v1/session", undefined],
  ] as const) {
    expect((await token.call(method, path, body)).json).toMatchObject({ code: "PERMISSION_DENIED" });
  }
});

it("loses with its owner what its owner loses", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const ann = await person(server, admin, { login: "ann", held: [{ role: "viewer" }] });
  const token = await tokenOf(server, ann, { permissions: ["images.read"] });
  const page = await admin.call("GET", `/api/v1/grants?account=${ann.id}`);
  await admin.call("DELETE", `/api/v1/grants/${Object(page.json).items[0].id}`);
  expect((await token.call("GET", "/api/v1/images")).status).toBe(403);
});

it("expires, and can be revoked by its owner and by whoever may revoke all", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const ann = await person(server, admin, { login: "ann", held: [{ role: "viewer" }] });
  const bob = await person(server, admin, { login: "bob", held: [{ role: "viewer" }] });
  const first = await tokenOf(server, ann, { permissions: ["images.read"] });
  const second = await tokenOf(server, ann, { permissions: ["images.read"] });
  const third = await tokenOf(server, ann, { permissions: ["images.read"] });
  expect((await bob.call("DELETE", `${TOKENS}/${first.tokenId}`)).status).toBe(404);
  expect((await ann.call("DELETE", `${TOKENS}/${first.tokenId}`)).status).toBe(204);
  expect((await first.call("GET", "/api/v1/images")).status).toBe(401);
  expect((await admin.call("GET", `/api/v1/tokens?account=${ann.id}`)).json).toMatchObject({ total: 2 });
  expect((await admin.call("DELETE", `/api/v1/tokens/${second.tokenId}`)).status).toBe(204);
  expect((await second.call("GET", "/api/v1/images")).status).toBe(401);
  server.clock.advance(90 * 86_400_000);
  expect((await third.call("GET", "/api/v1/images")).json).toMatchObject({ code: "NOT_SIGNED_IN" });
});

it.each(["Basic YTpi", "Bearer", "Bearer prq_unknown", "Bearer a b", "prq_x"])(
  "lets nobody in with %j, whatever the cookie says",
  async (authorization) => {
    await using server = await testServer();
    const admin = await administrator(server);
    const reply = await admin.call("GET", "/api/v1/images", undefined, { authorization });
    expect(reply.json).toMatchObject({ code: "NOT_SIGNED_IN" });
  },
);

it("writes down that a token was used no more than once a minute", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const token = await tokenOf(server, admin, { permissions: ["images.read"] });
  const used = async () => {
    await token.call("GET", "/api/v1/images");
    return Object((await admin.call("GET", TOKENS)).json).items[0].lastUsedAt;
  };
  const first = await used();
  server.clock.advance(59_000);
  expect(await used()).toBe(first);
  server.clock.advance(1000);
  expect(await used()).not.toBe(first);
});

it("needs no origin, and takes none for more than it is", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const token = await tokenOf(server, admin, { permissions: ["accounts.write"] });
  const body = { login: "carl", displayName: "Carl" };
  expect((await token.call("POST", "/api/v1/accounts", body)).status).toBe(200);
  const cookie = personOf(server, { ...admin, headers: { cookie: admin.headers.cookie ?? "" } });
  expect((await cookie.call("POST", "/api/v1/accounts", body)).json).toMatchObject({
    code: "ORIGIN_REFUSED",
  });
});

it("is told of no other token of its owner, and revokes none but itself", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const strong = await tokenOf(server, admin, { permissions: ["roles.write"] });
  const weak = await tokenOf(server, admin, { permissions: ["images.read"] });
  const { items } = Object((await weak.call("GET", TOKENS)).json);
  expect(items).toMatchObject([{ id: weak.tokenId }]);
  expect((await weak.call("DELETE", `${TOKENS}/${strong.tokenId}`)).status).toBe(404);
  expect((await strong.call("GET", "/api/v1/session")).status).toBe(200);
  expect((await weak.call("DELETE", `${TOKENS}/${weak.tokenId}`)).status).toBe(204);
  expect((await weak.call("GET", "/api/v1/session")).status).toBe(401);
});

it("hears no answer that another way in of its owner was given", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const token = await tokenOf(server, admin, { permissions: ["accounts.write"] });
  const key = { "idempotency-key": "guessed" };
  const body = { name: "deploy", permissions: ["roles.write"], scope: {} };
  const made = await admin.call("POST", TOKENS, body, key);
  const replayed = await token.call("POST", TOKENS, body, key);
  expect(replayed.json).toMatchObject({ code: "PERMISSION_DENIED" });
  expect(replayed.text).not.toContain(String(made.json.secret));
  const account = { login: "carl", displayName: "Carl" };
  await admin.call("POST", "/api/v1/accounts", account, key);
  expect((await token.call("POST", "/api/v1/accounts", account, key)).json).toMatchObject({
    code: "CONFLICT",
  });
});

it.each([
  [
    "more labels than a query takes",
    { labels: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`k${n}`, ["*"]])) },
  ],
  ["a list that names nothing", { hosts: [] }],
  ["an empty pattern", { registries: [""] }],
  ["a dimension that there is not", { tenants: ["*"] }],
])("takes no scope with %s", async (_, scope) => {
  await using server = await testServer();
  const admin = await administrator(server);
  const body = { name: "x", permissions: ["hosts.read"], scope };
  expect((await admin.call("POST", TOKENS, body)).json).toMatchObject({ code: "REQUEST_MALFORMED" });
});

it("is good where its scope has as many labels and patterns as it may", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const patterns = Array.from({ length: 20 }, (_, n) => `v${n}-*`);
  const labels = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`k${n}`, patterns]));
  const token = await tokenOf(server, admin, {
    permissions: ["hosts.read", "images.read"],
    scope: { hosts: Array.from({ length: 200 }, (_, n) => `h${n}-*`), labels },
  });
  for (const path of ["/api/v1/hosts", "/api/v1/images"]) {
    expect((await token.call("GET", path)).json).toMatchObject({ total: 0 });
  }
});
