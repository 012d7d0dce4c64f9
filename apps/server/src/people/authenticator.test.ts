import fastifyCookie from "@fastify/cookie";
import { showLiveness, showSession } from "@pratique/api";
import { openStore } from "@pratique/store";
import { fixedClock, tempDirectory } from "@pratique/testkit";
import fastify from "fastify";
import { expect, it } from "vitest";
import { SESSION_COOKIE } from "../session-cookie.ts";
import { administrator, nobody, type Person, person, tokenOf } from "../testdata/people.ts";
import { testServer } from "../testdata/test-server.ts";
import { AttemptMemory } from "./attempt-memory.ts";
import { Authenticator } from "./authenticator.ts";
import { Sessions } from "./sessions.ts";
import { SignInThrottle } from "./sign-in-throttle.ts";

const SESSION = "/api/v1/session";
const IMAGES = "/api/v1/images";
const LIMIT = 30;

it("lets each account, token and network call so often a minute, and tells it when it may again", async () => {
  await using server = await testServer({ callsPerMinute: LIMIT });
  const admin = await administrator(server);
  const ann = await person(server, admin, { login: "ann", held: [{ role: "viewer" }] });
  const token = await tokenOf(server, ann, { permissions: ["images.read"] });
  const other = await tokenOf(server, ann, { permissions: ["images.read"] });
  server.clock.advance(60_000);
  const callers: readonly (readonly [Person, string])[] = [
    [ann, SESSION],
    [token, IMAGES],
    [nobody(server), "/healthz"],
  ];
  for (const [caller, path] of callers) {
    const statuses: number[] = [];
    for (let at = 0; at <= LIMIT; at += 1) statuses.push((await caller.call("GET", path)).status);
    expect(statuses.indexOf(429)).toBe(LIMIT);
  }
  expect((await other.call("GET", IMAGES)).status).toBe(200);
  expect((await admin.call("GET", SESSION)).status).toBe(200);
  server.clock.advance(20_000);
  const late = await ann.call("GET", SESSION);
  expect(late.json).toMatchObject({ code: "TOO_MANY_REQUESTS", status: 429 });
  expect(late.headers["retry-after"]).toBe("40");
  server.clock.advance(40_000);
  for (const [caller, path] of callers) expect((await caller.call("GET", path)).status).toBe(200);
});

it("lets strangers from however many addresses keep nobody out who is signed in", async () => {
  using directory = tempDirectory();
  const { now } = fixedClock("2026-11-24T12:30:00Z");
  const store = await openStore({ file: directory.at("pratique.sqlite") });
  const { people } = store;
  const throttle = new SignInThrottle({ now, elapsedMs: now, ledger: new AttemptMemory() });
  const sessions = new Sessions(people, now);
  const options = {
    people,
    sessions,
    throttle,
    origin: () => "https://own",
    callsPerMinute: 5,
    now,
    elapsedMs: now,
  };
  const authenticator = new Authenticator(options);
  await people.accounts.add({
    id: "ann",
    login: "ann",
    displayName: "Ann",
    email: null,
    source: "local",
    subject: null,
    state: "active",
    breakGlass: false,
    createdAt: "2026-11-24T12:00:00.000Z",
    lastSignInAt: null,
    groups: [],
    passwordHash: "set",
  });
  const begun = await sessions.begin("ann", { method: "password", address: "", former: undefined });
  await using app = fastify();
  await app.register(fastifyCookie);
  app.get("/public", async (request) => (await authenticator.authenticate(showLiveness, request)).kind);
  app.get("/session", async (request) => (await authenticator.authenticate(showSession, request)).id);
  for (let at = 0; at < 10_010; at += 1) {
    await app.inject({
      url: "/public",
      remoteAddress: `2001:db8:${Math.floor(at / 5000)}:${(at % 5000) + 1}::1`,
    });
  }
  expect((await app.inject({ url: "/public", remoteAddress: "192.0.2.1" })).statusCode).toBe(500);
  const headers = { cookie: `${SESSION_COOKIE}=${begun.token}` };
  expect((await app.inject({ url: "/session", headers })).body).toBe("ann");
  await store.close();
});

it("lets everybody call 1,200 times a minute where nothing else is said", async () => {
  using directory = tempDirectory();
  const { now } = fixedClock("2026-11-24T12:30:00Z");
  const store = await openStore({ file: directory.at("pratique.sqlite") });
  const { people } = store;
  const throttle = new SignInThrottle({ now, elapsedMs: now, ledger: new AttemptMemory() });
  const sessions = new Sessions(people, now);
  const options = { people, sessions, throttle, origin: () => "https://own", now, elapsedMs: now };
  const authenticator = new Authenticator(options);
  await using app = fastify();
  await app.register(fastifyCookie);
  app.get("/", async (request) => {
    await authenticator.authenticate(showLiveness, request);
    return "";
  });
  const statuses: number[] = [];
  for (let at = 0; at < 1202; at += 1) statuses.push((await app.inject("/")).statusCode);
  expect(statuses.indexOf(500)).toBe(1200);
  expect(statuses.slice(1200)).toEqual([500, 500]);
  await store.close();
});
