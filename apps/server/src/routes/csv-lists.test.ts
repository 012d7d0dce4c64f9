import { publicEndpoints } from "@pratique/api";
import { afterAll, beforeAll, expect, it } from "vitest";
import { administrator, type Person, person, tokenOf } from "../testdata/people.ts";
import { type TestServer, testServer } from "../testdata/test-server.ts";

const SECRET = "a-secret-of-the-csv-test";

let server: TestServer;
let admin: Person;
let tokenSecret: string;

beforeAll(async () => {
  server = await testServer({ agents: { port: 0 } });
  admin = await administrator(server);
  tokenSecret = (await tokenOf(server, admin, { permissions: ["images.read"] })).secret;
  const made = { "if-none-match": "*" };
  const settings = { url: "https://127.0.0.1:1", secret: SECRET };
  const hook = { kind: "webhook", name: '=cmd|"x"', enabled: false, settings };
  const replies = [
    await admin.call("PUT", "/api/v1/channels/ops", hook),
    await admin.call("PUT", "/api/v1/exporters/siem", { ...hook, format: "json" }),
    await admin.call("PUT", "/api/v1/policies/team", { text: "", scope: { hosts: ["web-*"] } }, made),
    await admin.call("PUT", "/api/v1/roles/release", { description: "Releases", permissions: {} }, made),
    await admin.call("PUT", "/api/v1/identity-providers/corp", {
      name: "Corp",
      issuer: "https://id.example",
      clientId: "c",
      clientSecret: SECRET,
    }),
    await admin.call("POST", "/api/v1/join-tokens", { host: "web-1", labels: { env: "test" } }),
  ];
  expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200));
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const asCsv = async (path: string, who = admin) =>
  await who.call("GET", path, undefined, { accept: "text/csv" });

it.each([
  ["policies", 1, '"team","true","{""hosts"":[""web-*""]}","0","0"'],
  ["roles", 7, '"release","Releases","false","{}","0"'],
  ["channels", 1, '"ops","webhook","\'=cmd|""x""","false"'],
  ["exporters", 1, '"siem","webhook","\'=cmd|""x""","false","json"'],
  ["identity-providers", 1, '"corp","Corp","https://id.example","c","groups","[]"'],
  ["join-tokens", 1, '"web-1","{""env"":""test""}","admin"'],
  ["session/sessions", 1, '"password","127.0.0.1"'],
  ["session/tokens", 1, '"ci","[""images.read""]","{}"'],
])("gives %s as CSV", async (path, rows, row) => {
  const reply = await asCsv(`/api/v1/${path}`);
  expect([reply.status, reply.headers["content-type"]]).toEqual([
    200,
    "text/csv; charset=utf-8; header=present",
  ]);
  expect(reply.headers["content-disposition"]).toBe(`attachment; filename="${path.split("/").at(-1)}.csv"`);
  const lines = reply.text.split("\r\n").filter((line) => line !== "");
  expect(lines).toHaveLength(rows + 1);
  expect(reply.text).toContain(row);
});

it("has nothing secret in any list", async () => {
  const answers: string[] = [];
  for (const { csv, path } of publicEndpoints) {
    if (csv === undefined || path.includes("{")) continue;
    const { status, text } = await asCsv(path);
    expect([path, status]).toEqual([path, 200]);
    answers.push(text);
  }
  expect(answers.length).toBeGreaterThan(15);
  const all = answers.join("");
  for (const secret of [SECRET, tokenSecret, "prqj_", "$argon2"]) expect(all).not.toContain(secret);
});

it("gives nobody as CSV what they may not read", async () => {
  const viewer = await person(server, admin, { login: "looks-only", held: [{ role: "viewer" }] });
  for (const path of ["channels", "exporters", "identity-providers", "join-tokens", "roles"]) {
    const reply = await asCsv(`/api/v1/${path}`, viewer);
    expect([path, reply.status, reply.json.code]).toEqual([path, 403, "PERMISSION_DENIED"]);
  }
});
