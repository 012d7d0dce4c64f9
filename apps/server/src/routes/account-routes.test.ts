import { createAccount } from "@pratique/api";
import { permissions } from "@pratique/core";
import { expect, it } from "vitest";
import { administrator, nobody, PASSWORD, person, personOf, redeem, tokenOf } from "../testdata/people.ts";
import { ADMIN_PASSWORD, testServer } from "../testdata/test-server.ts";

const ACCOUNTS = "/api/v1/accounts";
const clerk = {
  description: "Makes accounts",
  permissions: { "accounts.read": "allow", "accounts.write": "allow" },
};

it("makes an account whose owner sets the password, once", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const made = await admin.call("POST", ACCOUNTS, {
    login: "Ann",
    displayName: "Ann",
    email: "a@example.org",
  });
  const { account, link } = createAccount.reply.parse(made.json);
  expect(account).toMatchObject({ login: "Ann", state: "invited", source: "local", lastSignInAt: null });
  expect(await redeem(server, link.url)).toMatch(/^__Host-session=/u);
  expect(await redeem(server, link.url)).toBe("");
  expect((await admin.call("GET", `${ACCOUNTS}/${account.id}`)).json).toMatchObject({ state: "active" });
  expect((await admin.call("POST", ACCOUNTS, { login: "ANN", displayName: "x" })).json).toMatchObject({
    code: "CONFLICT",
  });
  expect((await admin.call("GET", `${ACCOUNTS}?text=ann`)).json).toMatchObject({ total: 1 });
});

it.each(["", " ann", "-ann", "ann\n", "ann/../bob", "a".repeat(200)])(
  "refuses the login %j",
  async (login) => {
    await using server = await testServer();
    const admin = await administrator(server);
    const reply = await admin.call("POST", ACCOUNTS, { login, displayName: "x" });
    expect(reply.json).toMatchObject({ code: "REQUEST_MALFORMED" });
  },
);

it("signs a disabled account out everywhere at once, with its tokens and its open link", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const ann = await person(server, admin, { login: "ann", held: [{ role: "viewer" }] });
  const token = await tokenOf(server, ann, { permissions: ["images.read"] });
  expect((await token.call("GET", "/api/v1/images")).status).toBe(200);
  const link = await admin.call("POST", `${ACCOUNTS}/${ann.id}/link`);
  const again = await redeem(server, String(link.json.url));
  const second = await admin.call("POST", `${ACCOUNTS}/${ann.id}/link`);
  const body = { displayName: "Ann", state: "disabled" };
  expect((await admin.call("PUT", `${ACCOUNTS}/${ann.id}`, body)).json).toMatchObject({ state: "disabled" });
  expect((await ann.call("GET", "/api/v1/session")).status).toBe(401);
  expect((await nobody(server).call("GET", "/api/v1/session", undefined, { cookie: again })).status).toBe(
    401,
  );
  expect((await token.call("GET", "/api/v1/images")).status).toBe(401);
  expect(await redeem(server, String(second.json.url))).toBe("");
});

it("ends the sessions of an account, and the password with a new link", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const ann = await person(server, admin, { login: "ann", held: [] });
  expect((await admin.call("DELETE", `${ACCOUNTS}/${ann.id}/sessions`)).status).toBe(204);
  expect((await ann.call("GET", "/api/v1/session")).status).toBe(401);
  await admin.call("POST", `${ACCOUNTS}/${ann.id}/link`);
  const password = "walnut-ferry-ochre-92";
  const reply = await nobody(server).call("POST", "/api/v1/session/password", { login: "ann", password });
  expect(reply.json).toMatchObject({ code: "SIGN_IN_REFUSED" });
});

it("ends older links with a newer one and with a set password, and tokens with a new link", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const ann = await person(server, admin, { login: "ann", held: [{ role: "viewer" }] });
  const token = await tokenOf(server, ann, { permissions: ["images.read"] });
  const link = async () => String((await admin.call("POST", `${ACCOUNTS}/${ann.id}/link`)).json.url);
  const older = await link();
  expect((await token.call("GET", "/api/v1/images")).status).toBe(401);
  const newer = await link();
  expect(await redeem(server, older)).toBe("");
  const cookie = await redeem(server, newer);
  expect(cookie).not.toBe("");
  const signedIn = personOf(server, { ...ann, headers: { cookie, origin: server.running.url } });
  const unused = await server.running.createSignInLink();
  expect((await signedIn.call("PUT", "/api/v1/session/password", { next: PASSWORD })).status).toBe(204);
  expect(await redeem(server, unused)).not.toBe("");
  const open = await server.running.createSignInLink();
  const body = { current: ADMIN_PASSWORD, next: PASSWORD };
  expect((await admin.call("PUT", "/api/v1/session/password", body)).status).toBe(204);
  expect(await redeem(server, open)).toBe("");
});

it("lets nobody take over an account that holds more than they do", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  await admin.call("PUT", "/api/v1/roles/clerk", clerk, { "if-none-match": "*" });
  const bob = await person(server, admin, { login: "bob", held: [{ role: "clerk" }] });
  const ann = await person(server, admin, { login: "ann", held: [{ role: "security" }] });
  for (const id of ["admin", ann.id]) {
    expect((await bob.call("POST", `${ACCOUNTS}/${id}/link`)).json).toMatchObject({ code: "MORE_THAN_HELD" });
    const body = { displayName: "x", state: "disabled" };
    expect((await bob.call("PUT", `${ACCOUNTS}/${id}`, body)).json).toMatchObject({ code: "MORE_THAN_HELD" });
  }
  const eve = await person(server, admin, { login: "eve", held: [] });
  expect((await bob.call("POST", `${ACCOUNTS}/${eve.id}/link`)).status).toBe(200);
});

it("does not let the last account go that can give roles", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const disable = (id: string) =>
    admin.call("PUT", `${ACCOUNTS}/${id}`, { displayName: "x", state: "disabled" });
  expect((await disable("admin")).json).toMatchObject({ code: "CONFLICT" });
  expect((await admin.call("DELETE", "/api/v1/grants/first-administrator")).json).toMatchObject({
    code: "CONFLICT",
  });
  expect((await admin.call("GET", "/api/v1/session")).status).toBe(200);
  const soon = { holder: { kind: "account", id: "admin" }, role: "administrator", scope: {} };
  const expiresAt = "2027-01-01T00:00:00Z";
  await admin.call("POST", "/api/v1/grants", { ...soon, expiresAt });
  await admin.call("POST", "/api/v1/grants", { ...soon, scope: { hosts: ["web-1"] } });
  expect((await admin.call("DELETE", "/api/v1/grants/first-administrator")).status).toBe(409);
  await person(server, admin, { login: "bob", held: [{ role: "administrator" }] });
  expect((await disable("admin")).status).toBe(200);
});

it("sets no password without the current one by a link to one's own account", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const token = await tokenOf(server, admin, { permissions: permissions });
  for (const caller of [admin, token]) {
    expect((await caller.call("POST", `${ACCOUNTS}/admin/link`)).json).toMatchObject({ code: "CONFLICT" });
  }
  expect((await admin.call("GET", "/api/v1/session")).json).toMatchObject({ password: "set" });
});
