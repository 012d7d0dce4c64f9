import { listAccountSessions, listOwnSessions } from "@pratique/api";
import { expect, it } from "vitest";
import { administrator, nobody, PASSWORD, person, personOf, tokenOf } from "../testdata/people.ts";
import { ADMIN_PASSWORD, cookieIn, type TestServer, testServer } from "../testdata/test-server.ts";

const SESSION = "/api/v1/session";
const viewer = { login: "ann", held: [{ role: "viewer" }] };

const withPassword = (server: TestServer, login: string, password: string, headers = {}) =>
  nobody(server).call("POST", `${SESSION}/password`, { login, password }, headers);

it("makes the first administrator at the first link, and lets them do nothing before they set a password", async () => {
  await using server = await testServer();
  const link = new URL(await server.running.createSignInLink());
  const reply = await nobody(server).call("POST", SESSION, { token: link.hash.slice(1) });
  expect(reply.json).toMatchObject({
    account: { id: "admin", login: "admin" },
    method: "link",
    password: "unset",
    mustSetPassword: true,
    permissions: { "roles.write": "allow" },
  });
  const headers = { cookie: cookieIn(reply), origin: server.running.url };
  const admin = personOf(server, { id: "admin", login: "admin", headers });
  expect((await admin.call("GET", "/api/v1/images")).json).toMatchObject({ code: "PASSWORD_NEEDED" });
  expect((await admin.call("PUT", `${SESSION}/password`, { next: "short" })).status).toBe(400);
  expect((await admin.call("PUT", `${SESSION}/password`, { next: "adminadminadmin123" })).json).toMatchObject(
    {
      code: "PASSWORD_REFUSED",
      status: 422,
    },
  );
  expect((await admin.call("PUT", `${SESSION}/password`, { next: ADMIN_PASSWORD })).status).toBe(204);
  expect((await admin.call("GET", "/api/v1/images")).status).toBe(200);
  expect((await admin.call("GET", SESSION)).json).toMatchObject({ password: "set", mustSetPassword: false });
});

it("notes each use of the account for when nothing else works", async () => {
  await using server = await testServer();
  await administrator(server);
  const started = server.audited.filter(({ action }) => action === "session.started");
  expect(started).toMatchObject([
    { actor: "admin", class: "access", data: { method: "link", breakGlass: true, address: "127.0.0.1" } },
  ]);
});

it("signs in with a login, in any case, and a password", async () => {
  await using server = await testServer();
  await person(server, await administrator(server), viewer);
  const reply = await withPassword(server, "ANN", PASSWORD);
  expect(reply.json).toMatchObject({ account: { login: "ann" }, method: "password" });
  expect(reply.json.permissions).toMatchObject({ "images.read": "allow" });
  expect(reply.json.permissions).not.toHaveProperty("roles.read");
});

it("answers a wrong password, an unknown login and a disabled account alike", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const ann = await person(server, admin, viewer);
  const disabled = { displayName: "ann", state: "disabled" };
  const wrong = await withPassword(server, "ann", "another-password-1");
  const unknown = await withPassword(server, "nobody", PASSWORD);
  await admin.call("PUT", `/api/v1/accounts/${ann.id}`, disabled);
  const gone = await withPassword(server, "ann", PASSWORD);
  expect([wrong, unknown, gone].map(({ text }) => text)).toEqual(Array(3).fill(wrong.text));
  expect(wrong.json).toMatchObject({ code: "SIGN_IN_REFUSED", status: 401 });
});

it("never writes a password into the record or the log", async () => {
  await using server = await testServer();
  await person(server, await administrator(server), viewer);
  await withPassword(server, "ann", PASSWORD);
  await withPassword(server, "ann", "another-password-1");
  const written = JSON.stringify(server.audited) + server.logged.join("\n");
  for (const secret of [PASSWORD, ADMIN_PASSWORD, "another-password-1"])
    expect(written).not.toContain(secret);
});

it("slows guesses down, and says for how long", async () => {
  await using server = await testServer();
  await person(server, await administrator(server), viewer);
  for (let guess = 0; guess < 5; guess += 1) await withPassword(server, "ann", `wrong-${guess}`);
  const reply = await withPassword(server, "ann", PASSWORD);
  expect(reply.json).toMatchObject({ code: "TOO_MANY_REQUESTS", status: 429 });
  expect(reply.headers["retry-after"]).toBe("1");
  server.clock.advance(1000);
  expect((await withPassword(server, "ann", PASSWORD)).status).toBe(200);
});

it("stops writing down what is guessed by somebody who does not wait", async () => {
  await using server = await testServer();
  await person(server, await administrator(server), viewer);
  const before = server.audited.length;
  for (let guess = 0; guess < 80; guess += 1) await withPassword(server, "ann", `wrong-${guess}`);
  // Five that were wrong and sixty that came too soon, each with its intent and its outcome.
  expect(server.audited.length - before).toBe(130);
});

it("hashes a password anew when hashing has become dearer", async () => {
  await using server = await testServer();
  await person(server, await administrator(server), viewer);
  const { directory } = server;
  await server.running.close();
  const dearer = { memoryKib: 128, passes: 1, lanes: 1 };
  await using second = await testServer({
    directory: directory.at("server"),
    passwordCost: dearer,
  });
  expect((await withPassword(second, "ann", PASSWORD)).status).toBe(200);
  expect((await withPassword(second, "ann", PASSWORD)).status).toBe(200);
  directory[Symbol.dispose]();
});

it("gives every sign-in a session of its own, and ends the one that was planted before", async () => {
  await using server = await testServer();
  const ann = await person(server, await administrator(server), viewer);
  const reply = await withPassword(server, "ann", PASSWORD, { cookie: ann.headers.cookie ?? "" });
  expect(cookieIn(reply)).not.toBe(ann.headers.cookie);
  expect((await ann.call("GET", SESSION)).status).toBe(401);
  const planted = await withPassword(server, "ann", PASSWORD, { cookie: "__Host-session=planted" });
  expect(cookieIn(planted)).not.toContain("planted");
});

it("ends a session that is idle for an hour, and one in use after twelve", async () => {
  await using server = await testServer();
  const ann = await person(server, await administrator(server), viewer);
  for (let half = 0; half < 23; half += 1) {
    server.clock.advance(30 * 60_000);
    expect((await ann.call("GET", SESSION)).status).toBe(200);
  }
  server.clock.advance(30 * 60_000);
  expect((await ann.call("GET", SESSION)).status).toBe(401);
  const again = await withPassword(server, "ann", PASSWORD);
  server.clock.advance(60 * 60_000);
  const headers = { cookie: cookieIn(again) };
  expect((await server.call(SESSION, { headers })).status).toBe(401);
});

it("asks for the current password, and ends the other sessions with the new one", async () => {
  await using server = await testServer();
  const ann = await person(server, await administrator(server), viewer);
  const first = cookieIn(await withPassword(server, "ann", PASSWORD));
  const here = personOf(server, { ...ann, headers: { cookie: first, origin: server.running.url } });
  const next = "gravel-lantern-motif-31";
  for (const body of [{ next }, { current: "wrong-guess-at-it", next }]) {
    expect((await here.call("PUT", `${SESSION}/password`, body)).json).toMatchObject({
      code: "PASSWORD_REFUSED",
    });
  }
  expect((await here.call("PUT", `${SESSION}/password`, { current: PASSWORD, next })).status).toBe(204);
  expect((await here.call("GET", SESSION)).status).toBe(200);
  expect((await ann.call("GET", SESSION)).status).toBe(401);
  expect((await withPassword(server, "ann", PASSWORD)).status).toBe(401);
  expect((await withPassword(server, "ann", next)).status).toBe(200);
});

it("takes a link for one new password: whoever finds the browser open sets no other", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const next = "gravel-lantern-motif-31";
  expect((await admin.call("PUT", `${SESSION}/password`, { next })).json).toMatchObject({
    code: "PASSWORD_REFUSED",
  });
  expect((await admin.call("GET", SESSION)).json).toMatchObject({ method: "password" });
  expect((await withPassword(server, "admin", ADMIN_PASSWORD)).status).toBe(200);
  expect((await administrator(server)).headers.cookie).not.toBe("");
});

it("tells how one may sign in", async () => {
  await using server = await testServer();
  expect((await server.call("/api/v1/sign-in-methods")).json).toEqual({ password: true, providers: [] });
});

it("shows people where they are signed in, and signs them out there", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const ann = await person(server, admin, viewer);
  server.clock.advance(60_000);
  const second = cookieIn(await withPassword(server, "ann", PASSWORD));
  const there = personOf(server, { ...ann, headers: { cookie: second, origin: server.running.url } });
  const reply = await ann.call("GET", `${SESSION}/sessions`);
  const { items } = listOwnSessions.reply.parse(reply.json);
  expect(items).toMatchObject([
    { method: "password", address: "127.0.0.1", startedAt: "2026-11-24T12:31:00.000Z", current: false },
    { method: "password", lastSeenAt: "2026-11-24T12:31:00.000Z", current: true },
  ]);
  expect(reply.text).not.toContain(second.split("=")[1]);
  const [other, own] = items.map(({ id }) => id);
  expect((await ann.call("DELETE", `${SESSION}/sessions/${other}`)).status).toBe(204);
  expect((await there.call("GET", SESSION)).status).toBe(401);
  expect((await ann.call("DELETE", `${SESSION}/sessions/${other}`)).status).toBe(404);
  const end = await ann.call("DELETE", `${SESSION}/sessions/${own}`);
  expect([end.status, cookieIn(end)]).toEqual([204, "__Host-session="]);
  expect((await ann.call("GET", SESSION)).status).toBe(401);
});

it("shows and ends nobody else's sessions, and none to a token", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const ann = await person(server, admin, viewer);
  const path = `/api/v1/accounts/admin/sessions`;
  const { items } = listAccountSessions.reply.parse((await admin.call("GET", path)).json);
  expect(items).toMatchObject([{ current: true }]);
  expect((await admin.call("GET", "/api/v1/accounts/none/sessions")).status).toBe(404);
  expect((await ann.call("GET", path)).status).toBe(403);
  expect((await ann.call("DELETE", `${SESSION}/sessions/${items[0]?.id}`)).status).toBe(404);
  expect((await admin.call("GET", SESSION)).status).toBe(200);
  const token = await tokenOf(server, admin, { permissions: ["accounts.read"] });
  for (const [method, own] of [
    ["GET", `${SESSION}/sessions`],
    ["DELETE", `${SESSION}/sessions/${items[0]?.id}`],
  ] as const) {
    expect((await token.call(method, own)).json).toMatchObject({ code: "PERMISSION_DENIED" });
  }
  const seen = listAccountSessions.reply.parse((await token.call("GET", path)).json);
  expect(seen.items).toMatchObject([{ current: false }]);
});
