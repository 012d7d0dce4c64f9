import { afterAll, beforeAll, expect, it } from "vitest";
import { administrator, type Person } from "../testdata/people.ts";
import { type TestServer, testServer } from "../testdata/test-server.ts";

/** Two people who set up the same thing do not overwrite each other unseen. */

const hook = {
  kind: "webhook",
  enabled: false,
  settings: { url: "https://127.0.0.1:1", secret: "canary-7f3c-0a91-secret" },
};

let server: TestServer;
let admin: Person;

beforeAll(async () => {
  server = await testServer();
  admin = await administrator(server);
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

it.each([
  ["channel", "/api/v1/channels/ops", "params.channel", hook],
  ["export", "/api/v1/exporters/siem", "params.exporter", { ...hook, format: "json" }],
  [
    "provider",
    "/api/v1/identity-providers/corp",
    "params.provider",
    { issuer: "https://id.example", clientId: "c" },
  ],
])(
  "changes a channel, export or provider only as it was seen, where that is said: %s",
  async (kind, path, parameter, body) => {
    const id = path.split("/").at(-1);
    const put = (name: string, headers: Readonly<Record<string, string>> = {}) =>
      admin.call("PUT", path, { ...body, name }, headers);
    const made = await put("One", { "if-none-match": "*" });
    expect(made.status).toBe(200);
    const seen = String(made.headers.etag);
    const again = await put("Another", { "if-none-match": "*" });
    const message = `the name "${id}" is taken by another ${kind}`;
    expect(again.json).toMatchObject({
      code: "REVISION_STALE",
      detail: message,
      errors: [{ path: parameter, message }],
    });
    const changed = await put("Two", { "if-match": seen });
    expect([changed.status, changed.json.name]).toEqual([200, "Two"]);
    expect(changed.json.revision).not.toBe(made.json.revision);
    const late = await put("Three", { "if-match": seen });
    expect([late.status, late.json.code, late.json.detail]).toEqual([
      412,
      "REVISION_STALE",
      `the ${kind} "${id}" has another revision`,
    ]);
    // Scripts that say nothing change whatever is there.
    expect((await put("Four")).json).toMatchObject({ name: "Four" });
    const [listed] = Object((await admin.call("GET", path.slice(0, path.lastIndexOf("/")))).json).items;
    expect((await put("Five", { "if-match": `"${listed.revision}"` })).status).toBe(200);
    await admin.call("DELETE", path);
    expect((await put("Six", { "if-match": seen })).status).toBe(404);
  },
);
