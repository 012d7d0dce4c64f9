import { expect, it } from "vitest";
import { administrator, person, tokenOf } from "../testdata/people.ts";
import { testServer } from "../testdata/test-server.ts";

const PROVIDER = "/api/v1/identity-providers/corp";
const corp = { name: "Corp", issuer: "https://id.example", clientId: "c" };
const settings = {
  description: "Changes settings",
  permissions: { "settings.read": "allow", "settings.write": "allow" },
};

it("lets nobody say who is in groups that hold more than they do", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  await admin.call("PUT", "/api/v1/roles/settings", settings, { "if-none-match": "*" });
  const mallory = await person(server, admin, { login: "mallory", held: [{ role: "settings" }] });
  expect((await mallory.call("PUT", PROVIDER, corp)).status).toBe(200);
  const holder = { kind: "group", id: "corp/admins" };
  await admin.call("POST", "/api/v1/grants", { holder, role: "administrator", scope: {} });
  for (const change of [
    { issuer: "https://evil.example", clientSecret: "canary" },
    { clientId: "another" },
    { groupsClaim: "nickname" },
  ]) {
    const reply = await mallory.call("PUT", PROVIDER, { ...corp, ...change });
    expect(reply.json).toMatchObject({ code: "MORE_THAN_HELD", status: 403 });
  }
  // Nor may they make it anew.
  await mallory.call("DELETE", PROVIDER);
  const anew = { ...corp, issuer: "https://evil.example" };
  expect((await mallory.call("PUT", PROVIDER, anew)).json).toMatchObject({ code: "MORE_THAN_HELD" });
  const token = await tokenOf(server, admin, { permissions: ["settings.write"] });
  expect((await token.call("PUT", PROVIDER, corp)).json).toMatchObject({ code: "MORE_THAN_HELD" });
  expect((await admin.call("PUT", PROVIDER, corp)).status).toBe(200);
  expect((await mallory.call("PUT", "/api/v1/identity-providers/cor", corp)).status).toBe(200);
});
