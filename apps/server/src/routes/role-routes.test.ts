import { listRoles } from "@pratique/api";
import { expect, it } from "vitest";
import { administrator, person } from "../testdata/people.ts";
import { testServer } from "../testdata/test-server.ts";

const NEW = { "if-none-match": "*" };
const night = {
  description: "Night shift",
  permissions: { "hosts.read": "allow", "containers.respond": "needs-approval" },
};
const giver = {
  description: "Gives some roles",
  permissions: {
    "roles.read": "allow",
    "roles.write": "allow",
    "hosts.read": "allow",
    "containers.respond": "needs-approval",
  },
};

it("makes, changes and removes a role, each change from the revision that was seen", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const made = await admin.call("PUT", "/api/v1/roles/night", night, NEW);
  expect(made.json).toMatchObject({ name: "night", builtIn: false, holders: 0, ...night });
  expect((await admin.call("PUT", "/api/v1/roles/night", night, NEW)).json).toMatchObject({
    code: "REVISION_STALE",
  });
  expect((await admin.call("PUT", "/api/v1/roles/night", night)).json).toMatchObject({
    code: "REVISION_MISSING",
  });
  const revision = { "if-match": String(made.headers.etag) };
  expect(made.headers.etag).toBe(`"${made.json.revision}"`);
  expect((await admin.call("PUT", "/api/v1/roles/night", night, revision)).status).toBe(200);
  expect((await admin.call("PUT", "/api/v1/roles/night", night, revision)).json).toMatchObject({
    code: "REVISION_STALE",
    status: 412,
  });
  expect((await admin.call("PUT", "/api/v1/roles/day", night, revision)).json).toMatchObject({
    code: "NOT_FOUND",
  });
  await person(server, admin, { login: "ann", held: [{ role: "night" }] });
  expect((await admin.call("DELETE", "/api/v1/roles/night")).json).toMatchObject({ code: "CONFLICT" });
  expect(listRoles.reply.parse((await admin.call("GET", "/api/v1/roles")).json).items).toContainEqual(
    expect.objectContaining({ name: "night", holders: 1 }),
  );
});

it("leaves built-in roles as they are", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  for (const role of ["administrator", "viewer"]) {
    for (const headers of [NEW, { "if-match": '"built-in"' }]) {
      const reply = await admin.call("PUT", `/api/v1/roles/${role}`, night, headers);
      expect(reply.json).toMatchObject({ code: "CONFLICT" });
    }
    expect((await admin.call("DELETE", `/api/v1/roles/${role}`)).json).toMatchObject({ code: "CONFLICT" });
  }
});

it.each(["images.read", "policies.read", "audit.export", "approvals.decide"])(
  "does not put off %s",
  async (permission) => {
    await using server = await testServer();
    const admin = await administrator(server);
    const body = { description: "", permissions: { [permission]: "needs-approval" } };
    expect((await admin.call("PUT", "/api/v1/roles/odd", body, NEW)).json).toMatchObject({
      code: "REQUEST_MALFORMED",
      errors: [{ path: `body.permissions.${permission}` }],
    });
  },
);

it("lets nobody make or give a role beyond what they hold, as freely and as widely", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  await admin.call("PUT", "/api/v1/roles/giver", giver, NEW);
  await admin.call("PUT", "/api/v1/roles/night", night, NEW);
  const bob = await person(server, admin, { login: "bob", held: [{ role: "giver" }] });
  const grant = (role: string, scope: object = {}) =>
    bob.call("POST", "/api/v1/grants", { holder: { kind: "account", id: bob.id }, role, scope });
  expect((await grant("night")).status).toBe(200);
  for (const role of ["administrator", "viewer", "operator"]) {
    expect((await grant(role)).json).toMatchObject({ code: "MORE_THAN_HELD", status: 403 });
    expect((await grant(role, { hosts: ["web-1"] })).json).toMatchObject({ code: "MORE_THAN_HELD" });
  }
  const free = { description: "", permissions: { "containers.respond": "allow" } };
  expect((await bob.call("PUT", "/api/v1/roles/free", free, NEW)).json).toMatchObject({
    code: "MORE_THAN_HELD",
  });
  expect((await grant("none")).json).toMatchObject({ code: "NOT_FOUND" });
});

it("does not let a role be widened by whoever holds it", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const made = await admin.call("PUT", "/api/v1/roles/giver", giver, NEW);
  const bob = await person(server, admin, { login: "bob", held: [{ role: "giver" }] });
  const wider = { ...giver, permissions: { ...giver.permissions, "accounts.write": "allow" } };
  const headers = { "if-match": String(made.headers.etag) };
  expect((await bob.call("PUT", "/api/v1/roles/giver", wider, headers)).json).toMatchObject({
    code: "MORE_THAN_HELD",
  });
});

it("ends a grant when its time is over", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const ann = await person(server, admin, { login: "ann", held: [] });
  const expiresAt = new Date(server.clock.now() + 60_000).toISOString();
  const body = { holder: { kind: "account", id: ann.id }, role: "viewer", scope: {}, expiresAt };
  expect((await admin.call("POST", "/api/v1/grants", body)).status).toBe(200);
  expect((await ann.call("GET", "/api/v1/images")).status).toBe(200);
  server.clock.advance(60_000);
  expect((await ann.call("GET", "/api/v1/images")).json).toMatchObject({ code: "PERMISSION_DENIED" });
  expect((await admin.call("POST", "/api/v1/grants", body)).json).toMatchObject({
    code: "REQUEST_MALFORMED",
  });
});

it("lets nobody keep, by a grant, a role or an account, what they hold for a while", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  await admin.call("PUT", "/api/v1/roles/night", night, NEW);
  const ann = await person(server, admin, { login: "ann", held: [{ role: "night" }] });
  const carl = await person(server, admin, { login: "carl", held: [{ role: "administrator" }] });
  const expiresAt = new Date(server.clock.now() + 3_600_000).toISOString();
  const given = (id: string, more: object = {}) => ({
    holder: { kind: "account", id },
    role: "administrator",
    scope: {},
    ...more,
  });
  expect((await admin.call("POST", "/api/v1/grants", given(ann.id, { expiresAt }))).status).toBe(200);
  const later = new Date(server.clock.now() + 3_600_001).toISOString();
  for (const body of [given(ann.id), given(ann.id, { expiresAt: later })]) {
    expect((await ann.call("POST", "/api/v1/grants", body)).json).toMatchObject({ code: "MORE_THAN_HELD" });
  }
  expect((await ann.call("POST", "/api/v1/grants", given(ann.id, { expiresAt }))).status).toBe(200);
  const all = { description: "", permissions: { ...night.permissions, "roles.write": "allow" } };
  const { headers } = await admin.call("PUT", "/api/v1/roles/spare", night, NEW);
  const change = { "if-match": String(headers.etag) };
  expect((await ann.call("PUT", "/api/v1/roles/spare", all, change)).json).toMatchObject({
    code: "MORE_THAN_HELD",
  });
  expect((await ann.call("POST", `/api/v1/accounts/${carl.id}/link`)).json).toMatchObject({
    code: "MORE_THAN_HELD",
  });
  const disabled = { displayName: "carl", state: "disabled" };
  expect((await ann.call("PUT", `/api/v1/accounts/${carl.id}`, disabled)).status).toBe(200);
});

it("lists grants by account and takes them away at once", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const ann = await person(server, admin, { login: "ann", held: [{ role: "viewer" }] });
  const page = await admin.call("GET", `/api/v1/grants?account=${ann.id}`);
  expect(page.json).toMatchObject({ total: 1, items: [{ role: "viewer", createdBy: "admin" }] });
  const [{ id }] = Object(page.json).items;
  expect((await admin.call("DELETE", `/api/v1/grants/${id}`)).status).toBe(204);
  expect((await admin.call("DELETE", `/api/v1/grants/${id}`)).status).toBe(404);
  expect((await ann.call("GET", "/api/v1/images")).status).toBe(403);
});

it("lets whoever gives a few roles not do away with those who give them all", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  await admin.call("PUT", "/api/v1/roles/giver", giver, NEW);
  const bob = await person(server, admin, { login: "bob", held: [{ role: "giver" }] });
  expect((await bob.call("DELETE", "/api/v1/grants/first-administrator")).json).toMatchObject({
    code: "CONFLICT",
    detail: expect.stringContaining("nobody would be left"),
  });
  await person(server, admin, { login: "carl", held: [{ role: "administrator" }] });
  expect((await bob.call("DELETE", "/api/v1/grants/first-administrator")).status).toBe(204);
});
