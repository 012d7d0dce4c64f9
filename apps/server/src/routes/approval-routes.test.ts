import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { listApprovals, pendingApproval } from "@pratique/api";
import { expect, it } from "vitest";
import { administrator, type Person, person, tokenOf } from "../testdata/people.ts";
import { sampleHost } from "../testdata/samples.ts";
import { type TestServer, testServer } from "../testdata/test-server.ts";

const APPROVALS = "/api/v1/approvals";
const careful = {
  description: "Changes settings and revokes tokens with a second person",
  permissions: {
    "settings.write": "needs-approval",
    "settings.read": "allow",
    "tokens.write": "needs-approval",
  },
};
const judge = {
  description: "Is the second person",
  permissions: {
    "approvals.decide": "allow",
    "approvals.read": "allow",
    "settings.write": "needs-approval",
    "tokens.write": "needs-approval",
  },
};
const provider = {
  name: "Corp",
  issuer: "https://id.example",
  clientId: "c",
  clientSecret: "canary-91ab7745",
};

interface Scene extends AsyncDisposable {
  readonly server: TestServer;
  readonly admin: Person;
  readonly ann: Person;
  readonly bob: Person;
  /** Has Ann ask for a change, and gives the approval's id. */
  ask(): Promise<string>;
  stateOf(id: string): Promise<unknown>;
}

async function scene(): Promise<Scene> {
  const server = await testServer();
  const admin = await administrator(server);
  for (const [name, role] of Object.entries({ careful, judge })) {
    await admin.call("PUT", `/api/v1/roles/${name}`, role, { "if-none-match": "*" });
  }
  const ann = await person(server, admin, { login: "ann", held: [{ role: "careful" }] });
  const bob = await person(server, admin, { login: "bob", held: [{ role: "judge" }] });
  return {
    server,
    admin,
    ann,
    bob,
    ask: async () => {
      const reply = await ann.call("PUT", "/api/v1/identity-providers/corp", provider);
      expect(reply.status).toBe(202);
      const pending = pendingApproval.parse(reply.json);
      expect(reply.headers.location).toBe(`${APPROVALS}/${pending.approvalId}`);
      return pending.approvalId;
    },
    stateOf: async (id) => (await admin.call("GET", `${APPROVALS}/${id}`)).json.state,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const providersOf = async (admin: Person) =>
  Object((await admin.call("GET", "/api/v1/identity-providers")).json).items;

it("puts an act off until a second person agrees, and then does it, once", async () => {
  await using at = await scene();
  const id = await at.ask();
  expect(await providersOf(at.admin)).toEqual([]);
  expect((await at.ann.call("GET", `${APPROVALS}/${id}`)).json).toMatchObject({
    state: "pending",
    endpoint: "putProvider",
    requestedBy: { login: "ann" },
    details: { name: "Corp", issuer: "https://id.example" },
    mayDecide: false,
    whyNot: "nobody approves what they asked for themselves",
  });
  expect((await at.bob.call("GET", `${APPROVALS}/${id}`)).json).toMatchObject({ mayDecide: true });
  const done = await at.bob.call("POST", `${APPROVALS}/${id}/approve`, { comment: "fine" });
  expect(done.json).toMatchObject({ state: "approved", decidedBy: { login: "bob" }, comment: "fine" });
  expect(await providersOf(at.admin)).toMatchObject([{ id: "corp", secretIsSet: true }]);
  expect((await at.bob.call("POST", `${APPROVALS}/${id}/approve`, {})).json).toMatchObject({
    code: "APPROVAL_CLOSED",
    status: 409,
  });
});

it("is asked for once, however often the call is repeated with one key", async () => {
  await using at = await scene();
  const ask = () => at.ann.call("POST", "/api/v1/channels/none/test", undefined, { "idempotency-key": "k" });
  const [first, second] = [await ask(), await ask()];
  expect([first.status, second.status]).toEqual([202, 202]);
  expect(second.text).toBe(first.text);
  expect(second.headers.location).toBe(first.headers.location);
  expect((await at.ann.call("GET", APPROVALS)).json).toMatchObject({ total: 1 });
});

it("records who asked and who agreed", async () => {
  await using at = await scene();
  const id = await at.ask();
  await at.bob.call("POST", `${APPROVALS}/${id}/approve`, {});
  const said = at.server.audited
    .filter(({ action }) => action.startsWith("putProvider") || action === "approve")
    .map(({ action, actor, data }) => [action, actor, data.stage, data.decision, data.approvedBy]);
  expect(said).toEqual([
    ["putProvider.requested", at.ann.id, "intent", "needs-approval", undefined],
    ["putProvider.requested", at.ann.id, "outcome", "needs-approval", undefined],
    ["approve", at.bob.id, "intent", "allow", undefined],
    ["putProvider", at.ann.id, "intent", "allow", at.bob.id],
    ["putProvider", at.ann.id, "outcome", "allow", at.bob.id],
    ["approve", at.bob.id, "outcome", "allow", undefined],
  ]);
});

it("keeps the secrets of what waits out of the store, the record and what is shown", async () => {
  await using at = await scene();
  const id = await at.ask();
  const shown = (await at.bob.call("GET", `${APPROVALS}/${id}`)).text;
  await at.bob.call("POST", `${APPROVALS}/${id}/approve`, {});
  const file = at.server.directory.at("server", "pratique.sqlite");
  const stored = readFileSync(file).toString("latin1") + readFileSync(`${file}-wal`).toString("latin1");
  expect(stored).toContain("Corp");
  for (const text of [shown, stored, JSON.stringify(at.server.audited), at.server.logged.join("\n")]) {
    expect(text).not.toContain(provider.clientSecret);
  }
});

it("refuses one's own consent, by another of one's tokens as well", async () => {
  await using at = await scene();
  await at.admin.call("POST", "/api/v1/grants", {
    holder: { kind: "account", id: at.ann.id },
    role: "judge",
    scope: {},
  });
  const token = await tokenOf(at.server, at.ann, { permissions: ["approvals.decide", "settings.write"] });
  const id = await at.ask();
  for (const caller of [at.ann, token]) {
    expect((await caller.call("POST", `${APPROVALS}/${id}/approve`, {})).json).toMatchObject({
      code: "APPROVAL_OWN",
      status: 403,
    });
  }
  const bobs = await tokenOf(at.server, at.bob, { permissions: ["approvals.decide", "settings.write"] });
  expect((await bobs.call("POST", `${APPROVALS}/${id}/approve`, {})).json).toMatchObject({
    code: "PERMISSION_DENIED",
  });
  expect(await at.stateOf(id)).toBe("pending");
});

it("does it once even when two agree at the same moment", async () => {
  await using at = await scene();
  const carl = await person(at.server, at.admin, { login: "carl", held: [{ role: "judge" }] });
  const id = await at.ask();
  const replies = await Promise.all(
    [at.bob, carl, at.admin].map((who) => who.call("POST", `${APPROVALS}/${id}/approve`, {})),
  );
  expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 409, 409]);
  const acts = at.server.audited.filter(
    ({ action, data }) => action === "putProvider" && data.stage === "intent",
  );
  expect(acts).toHaveLength(1);
});

it.each([
  ["expires after a day", 24],
  ["has expired where the clock was ahead when it was asked for", -3],
])("%s", async (_, hours) => {
  await using at = await scene();
  const id = await at.ask();
  at.server.clock.advance(hours * 3_600_000);
  const bob = await at.server.call("/api/v1/session/password", {
    method: "POST",
    headers: { origin: at.server.running.url },
    body: { login: "bob", password: "walnut-ferry-ochre-92" },
  });
  const headers = {
    cookie: bob.headers["set-cookie"]?.[0]?.split(";")[0] ?? "",
    origin: at.server.running.url,
  };
  const show = await at.server.call(`${APPROVALS}/${id}`, { headers });
  expect(show.json).toMatchObject({ state: "expired", mayDecide: false });
  const late = await at.server.call(`${APPROVALS}/${id}/approve`, { method: "POST", headers, body: {} });
  expect(late.json).toMatchObject({ code: "APPROVAL_CLOSED" });
});

it("does not act for somebody who was disabled, or lost the permission, meanwhile", async () => {
  await using at = await scene();
  const first = await at.ask();
  const grants = await at.admin.call("GET", `/api/v1/grants?account=${at.ann.id}`);
  await at.admin.call("DELETE", `/api/v1/grants/${Object(grants.json).items[0].id}`);
  expect((await at.bob.call("POST", `${APPROVALS}/${first}/approve`, {})).json).toMatchObject({
    code: "APPROVAL_CLOSED",
  });
  const grant = { holder: { kind: "account", id: at.ann.id }, role: "careful", scope: {} };
  await at.admin.call("POST", "/api/v1/grants", grant);
  await at.admin.call("PUT", `/api/v1/accounts/${at.ann.id}`, { displayName: "x", state: "disabled" });
  expect((await at.bob.call("POST", `${APPROVALS}/${first}/approve`, {})).json).toMatchObject({
    code: "APPROVAL_CLOSED",
  });
  expect(await providersOf(at.admin)).toEqual([]);
});

it("can be rejected and taken back, by the right people only", async () => {
  await using at = await scene();
  const eve = await person(at.server, at.admin, { login: "eve", held: [{ role: "viewer" }] });
  const first = await at.ask();
  const second = await at.ask();
  for (const verb of ["approve", "reject"]) {
    expect((await eve.call("POST", `${APPROVALS}/${first}/${verb}`, {})).status).toBe(403);
  }
  expect((await eve.call("GET", `${APPROVALS}/${first}`)).status).toBe(404);
  expect((await eve.call("POST", `${APPROVALS}/${first}/withdraw`)).status).toBe(404);
  expect((await at.bob.call("POST", `${APPROVALS}/${first}/withdraw`)).status).toBe(403);
  expect((await at.bob.call("POST", `${APPROVALS}/${first}/reject`, { comment: "no" })).json).toMatchObject({
    state: "rejected",
  });
  expect((await at.ann.call("POST", `${APPROVALS}/${second}/withdraw`)).json).toMatchObject({
    state: "withdrawn",
  });
  const page = listApprovals.reply.parse((await at.ann.call("GET", APPROVALS)).json);
  expect(page.items.map(({ state }) => state).toSorted()).toEqual(["rejected", "withdrawn"]);
  expect((await eve.call("GET", APPROVALS)).json).toMatchObject({ total: 0 });
  expect((await at.bob.call("GET", `${APPROVALS}?state=rejected`)).json).toMatchObject({ total: 1 });
});

it("says that an act has failed, and why", async () => {
  await using at = await scene();
  const reply = await at.ann.call("DELETE", "/api/v1/tokens/none");
  const { approvalId } = pendingApproval.parse(reply.json);
  expect((await at.bob.call("POST", `${APPROVALS}/${approvalId}/approve`, {})).json).toMatchObject({
    code: "NOT_FOUND",
  });
  expect((await at.admin.call("GET", `${APPROVALS}/${approvalId}`)).json).toMatchObject({
    state: "failed",
    failure: 'there is no token "none"',
  });
});

it("does not take more of one person's acts than anybody could decide on", async () => {
  await using at = await scene();
  for (let act = 0; act < 100; act += 1) await at.ann.call("DELETE", `/api/v1/tokens/t${act}`);
  const reply = await at.ann.call("DELETE", "/api/v1/tokens/t100");
  expect(reply.json).toMatchObject({ code: "TOO_MANY_REQUESTS" });
});

const gatekeeper = {
  description: "Asks for gates, gives roles and makes accounts",
  permissions: {
    "accounts.write": "allow",
    "approvals.decide": "allow",
    "approvals.read": "allow",
    "hosts.read": "allow",
    "roles.write": "allow",
    "gates.set-mode": "needs-approval",
  },
};

/** Somebody with a role in a part of the fleet. */
async function holding(at: Scene, login: string, role: string, scope: object = {}): Promise<Person> {
  return await person(at.server, at.admin, { login, held: [{ role, scope }] });
}

const gate = { mode: "observe", reason: "it is being mended" };

async function reportHost(at: Scene, env: string): Promise<void> {
  const status = { ...sampleHost, host: { ...sampleHost.host, labels: { env } } };
  const reply = await at.server.agent("/agent/v1/host", { method: "PUT", body: status });
  expect(reply.status).toBe(204);
}

it("does not count a right that the requester gave: it could be their own second account", async () => {
  await using at = await scene();
  await at.admin.call("PUT", "/api/v1/roles/gatekeeper", gatekeeper, { "if-none-match": "*" });
  await reportHost(at, "test");
  const mallory = await holding(at, "mallory", "gatekeeper");
  const second = await person(at.server, mallory, { login: "sock", held: [{ role: "gatekeeper" }] });
  const reply = await mallory.call("POST", "/api/v1/hosts/web-1/gate", gate);
  const { approvalId } = pendingApproval.parse(reply.json);
  expect((await second.call("GET", `${APPROVALS}/${approvalId}`)).json).toMatchObject({ mayDecide: false });
  expect((await second.call("POST", `${APPROVALS}/${approvalId}/approve`, {})).json).toMatchObject({
    code: "PERMISSION_DENIED",
    detail: expect.stringContaining("that the requester did not give"),
  });
  const other = await holding(at, "other", "gatekeeper");
  expect((await other.call("POST", `${APPROVALS}/${approvalId}/approve`, {})).status).toBe(200);
});

it("looks again where the thing lies when somebody agrees", async () => {
  await using at = await scene();
  await reportHost(at, "test");
  const scope = { labels: { env: ["test"] } };
  const [ann, bob] = [
    await holding(at, "op-a", "operator", scope),
    await holding(at, "op-b", "operator", scope),
  ];
  const { approvalId } = pendingApproval.parse(
    (await ann.call("POST", "/api/v1/hosts/web-1/gate", gate)).json,
  );
  await reportHost(at, "production");
  expect((await bob.call("POST", `${APPROVALS}/${approvalId}/approve`, {})).json).toMatchObject({
    code: "APPROVAL_CLOSED",
  });
  expect(at.server.audited.filter(({ action }) => action === "setGateMode")).toEqual([]);
});

it("does nothing more for a token that was revoked, or could not do it", async () => {
  await using at = await scene();
  const token = await tokenOf(at.server, at.ann, { permissions: ["settings.write"] });
  const weak = await tokenOf(at.server, at.ann, { permissions: ["settings.read"] });
  const ask = async () =>
    pendingApproval.parse((await token.call("PUT", "/api/v1/identity-providers/corp", provider)).json)
      .approvalId;
  const [first, second] = [await ask(), await ask()];
  expect((await weak.call("GET", APPROVALS)).json).toMatchObject({ total: 0 });
  expect((await weak.call("GET", `${APPROVALS}/${first}`)).status).toBe(404);
  expect((await weak.call("POST", `${APPROVALS}/${first}/withdraw`)).status).toBe(404);
  expect((await at.bob.call("POST", `${APPROVALS}/${first}/approve`, {})).status).toBe(200);
  expect(at.server.audited.find(({ action }) => action === "putProvider")?.data.session).toBe(token.tokenId);
  await at.ann.call("DELETE", `/api/v1/session/tokens/${token.tokenId}`);
  expect((await at.bob.call("POST", `${APPROVALS}/${second}/approve`, {})).json).toMatchObject({
    code: "APPROVAL_CLOSED",
  });
});

it.each([
  ["another operation", "endpoint = 'deleteProvider'"],
  ["another person's act", "requested_by = 'admin'"],
  ["another row's call", "sealed_call = (select sealed_call from approvals where id <> ?)"],
])("does not do what somebody wrote into the database: %s", async (_, change) => {
  await using at = await scene();
  const [id] = [await at.ask(), await at.ask()];
  using database = new DatabaseSync(at.server.directory.at("server", "pratique.sqlite"));
  const values = change.includes("?") ? [id, id] : [id];
  expect(database.prepare(`update approvals set ${change} where id = ?`).run(...values).changes).toBe(1);
  expect((await at.bob.call("POST", `${APPROVALS}/${id}/approve`, {})).status).toBeGreaterThanOrEqual(400);
  expect(await providersOf(at.admin)).toEqual([]);
  expect(at.server.audited.some(({ action }) => /^(?:put|delete)Provider$/u.test(action))).toBe(false);
});

it("draws nobody's attention to an act of whoever gave them the right to decide on it", async () => {
  await using at = await scene();
  const permissions = {
    ...judge.permissions,
    ...careful.permissions,
    "overview.read": "allow",
    "roles.write": "allow",
  };
  const role = { description: "Asks, and gives what it holds", permissions };
  const made = await at.admin.call("PUT", "/api/v1/roles/giver", role, { "if-none-match": "*" });
  expect(made.status).toBe(200);
  const giver = await person(at.server, at.admin, { login: "giver", held: [{ role: "giver" }] });
  const owing = await person(at.server, at.admin, { login: "owing", held: [] });
  const grant = { holder: { kind: "account", id: owing.id }, role: "giver", scope: {} };
  expect((await giver.call("POST", "/api/v1/grants", grant)).status).toBe(200);
  expect((await giver.call("PUT", "/api/v1/identity-providers/corp", provider)).status).toBe(202);
  const waiting = async (who: Person) =>
    JSON.stringify((await who.call("GET", "/api/v1/attention")).json).includes("approval-waiting");
  expect(await waiting(owing)).toBe(false);
  expect(await waiting(at.admin)).toBe(true);
});
