import { createHmac } from "node:crypto";
import { putRegistry } from "@pratique/api";
import { registryKinds } from "@pratique/oci";
import { afterEach, beforeEach, expect, it } from "vitest";
import { administrator, type Person, person } from "../testdata/people.ts";
import { storeBeside } from "../testdata/store-beside.ts";
import { type TestServer, testServer } from "../testdata/test-server.ts";

const SECRET = "a-secret-of-pushes-1";
const HOST = "registry.example";
const body = {
  kind: "distribution",
  name: "Main",
  address: HOST,
  include: ["team/*"],
  username: "robot",
  password: "canary-9d41-password",
  pushSecret: SECRET,
};
const at = "/api/v1/registries/main";

let server: TestServer;
let admin: Person;

beforeEach(async () => {
  server = await testServer();
  admin = await administrator(server);
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
});

async function list(names: readonly string[]): Promise<void> {
  const store = await storeBeside(server);
  const { listings } = store.registries;
  const listing = await listings.begin("main", "test");
  if (listing === undefined) throw new Error("the registry is not due");
  await listings.add(
    listing,
    names.map((name) => ({ repository: `${HOST}/${name}`, tag: "1", platform: "" })),
  );
  await listings.end(listing, undefined);
  await store.close();
}

/** Tells of a push as Docker's own registry does. */
function push(path: string, repository: string, headers: Readonly<Record<string, string>>) {
  return server.call(path, {
    method: "POST",
    headers: { "content-type": "application/vnd.docker.distribution.events.v2+json", ...headers },
    body: {
      events: [
        {
          action: "push",
          target: {
            repository,
            tag: "2",
            mediaType: "application/vnd.oci.image.manifest.v1+json",
            digest: `sha256:${"a".repeat(64)}`,
          },
        },
      ],
    },
  });
}

it("knows the same kinds of registries as those that are read", () => {
  expect(putRegistry.body.shape.kind.options).toEqual(registryKinds.map(({ name }) => name));
});

it("sets a registry up, and shows no secret of it", async () => {
  const made = await admin.call("PUT", at, body);
  expect(made.status).toBe(200);
  expect(made.json).toMatchObject({
    id: "main",
    secrets: ["password", "pushSecret", "username"],
    state: "idle",
    everyMinutes: 1440,
    pushPath: "/hooks/registry/main",
    images: { waiting: 0 },
  });
  const listed = await admin.call("GET", "/api/v1/registries");
  expect(listed.json.items).toEqual([(await admin.call("GET", at)).json]);
  expect(
    `${made.text}${listed.text}${JSON.stringify(server.audited)}${server.logged.join("")}`,
  ).not.toContain("canary");
  expect((await admin.call("DELETE", at)).status).toBe(204);
  expect((await admin.call("GET", at)).status).toBe(404);
});

it.each([
  ["an address in the server's own network", { address: "127.0.0.1:5000" }, "address"],
  ["the address of cloud metadata", { address: "169.254.169.254" }, "address"],
  ["an API in a private network", { apiUrl: "https://10.0.0.1/api" }, "apiUrl"],
  ["an address that names of images take for a namespace of Docker Hub", { address: "harbor" }, "address"],
  ["another name of Docker Hub", { address: "index.docker.io" }, "address"],
  ["an address in capitals", { address: "Registry.example" }, "address"],
  ["an address that is no name", { address: "registry..example" }, "address"],
  ["a port that there cannot be", { address: "registry.example:70000" }, "address"],
  [
    "credentials of the Docker configuration for an API elsewhere",
    { dockerCredentials: true, apiUrl: "https://evil.example/api" },
    "dockerCredentials",
  ],
  [
    "credentials of the Docker configuration for an API without TLS",
    { dockerCredentials: true, apiUrl: `http://${HOST}/api` },
    "dockerCredentials",
  ],
  ["a user name without its password", { username: "robot", password: "" }, "password"],
  ["a password without its user name", { username: "" }, "username"],
  ["a token beside a user name", { token: "t" }, "token"],
  ["a short secret of pushes", { pushSecret: "short" }, "pushSecret"],
])("refuses %s, and says which member is wrong", async (_, change, member) => {
  const reply = await admin.call("PUT", at, { ...body, ...change });
  expect([reply.status, reply.json.code]).toEqual([422, "SETTINGS_INVALID"]);
  expect(reply.json.errors).toEqual([{ path: `body.${member}`, message: reply.json.detail }]);
});

it("changes the revision that is named, and makes none anew that is there", async () => {
  const put = (name: string, headers: Readonly<Record<string, string>>) =>
    admin.call("PUT", at, { ...body, name }, headers);
  expect((await put("Changed", { "if-match": '"r1"' })).status).toBe(404);
  const made = await put("Main", { "if-none-match": "*" });
  expect(made.status).toBe(200);
  const again = await put("Again", { "if-none-match": "*" });
  expect([again.status, again.json.code]).toEqual([412, "REVISION_STALE"]);
  expect(again.json.errors).toEqual([{ path: "params.registry", message: again.json.detail }]);
  const match = { "if-match": `"${made.json.revision}"` };
  expect((await put("First", match)).json.name).toBe("First");
  expect((await put("Second", match)).json.code).toBe("REVISION_STALE");
  expect((await admin.call("GET", at)).json.name).toBe("First");
  const local = await server.agent("/operator/v1/registries/main", { method: "PUT", headers: match, body });
  expect(local.status).toBe(412);
});

it("takes an API of the registry's own host beside the credentials of the Docker configuration", async () => {
  const { username: _, password: __, ...rest } = body;
  const change = { dockerCredentials: true, apiUrl: `https://${HOST}/api` };
  expect((await admin.call("PUT", at, { ...rest, ...change })).status).toBe(200);
});

it.each([
  ["an address with a path", { address: "registry.example/x" }],
  ["a scheme", { address: "http://registry.example" }],
  ["a user in the address", { address: "me@registry.example" }],
  ["a password in the URL of its API", { apiUrl: "https://me:canary@registry.example/api" }],
  ["a path that climbs", { path: "../x" }],
  ["a kind that does not exist", { kind: "oracle" }],
])("takes no registry with %s", async (_, change) => {
  expect((await admin.call("PUT", at, { ...body, ...change })).status).toBe(400);
});

it("sends a secret nowhere that it was not given for", async () => {
  await admin.call("PUT", at, body);
  const { username: _, password: __, pushSecret: ___, ...rest } = body;
  expect((await admin.call("PUT", at, { ...rest, name: "Renamed" })).json.secrets).toHaveLength(3);
  for (const change of [
    { address: "evil.example" },
    { insecure: true },
    { apiUrl: "https://evil.example" },
  ]) {
    const reply = await admin.call("PUT", at, { ...rest, ...change });
    expect([reply.status, reply.json.code]).toEqual([422, "SETTINGS_INVALID"]);
  }
  const emptied = { ...rest, address: "other.example", username: "", password: "" };
  expect((await admin.call("PUT", at, emptied)).json.secrets).toEqual(["pushSecret"]);
});

it("pauses, goes on, tries again, and tells the queue, also as CSV", async () => {
  await admin.call("PUT", at, body);
  await list(["team/a", "team/b"]);
  expect((await admin.call("POST", `${at}/pause`)).json.state).toBe("paused");
  expect((await admin.call("POST", `${at}/resume`)).json).toMatchObject({
    state: "scanning",
    images: { waiting: 2 },
  });
  const page = await admin.call("GET", "/api/v1/registry-images?registry=main&state=waiting&limit=1");
  expect(page.json).toMatchObject({ total: 2, items: [{ reference: `${HOST}/team/a:1`, tries: 0 }] });
  const csv = await admin.call("GET", "/api/v1/registry-images", undefined, { accept: "text/csv" });
  expect(csv.text.split("\r\n")).toHaveLength(4);
  expect((await admin.call("POST", `${at}/retry`, {})).json).toEqual({ images: 0 });
  const local = await server.agent("/operator/v1/registries/main/pause", { method: "POST" });
  expect([local.status, local.json.state]).toEqual([200, "paused"]);
});

it("shows somebody who sees a part of the registries that part of the queue", async () => {
  await admin.call("PUT", at, { ...body, include: [] });
  await list(["team/a", "other/b"]);
  const held = [{ role: "operator", scope: { registries: [`${HOST}/team/*`] } }];
  const part = await person(server, admin, { login: "part", held });
  const seen = await part.call("GET", "/api/v1/registry-images");
  expect(seen.json).toMatchObject({ total: 1, items: [{ reference: `${HOST}/team/a:1` }] });
  expect((await part.call("GET", "/api/v1/registries")).json.items).toEqual([]);
  expect((await part.call("POST", `${at}/pause`)).status).toBe(404);
});

it("has an image scanned that was pushed, and leaves that in the record", async () => {
  await admin.call("PUT", at, body);
  const reply = await push("/hooks/registry/main", "team/new", { authorization: `Bearer ${SECRET}` });
  expect(reply.status).toBe(204);
  const queue = await admin.call("GET", "/api/v1/registry-images");
  expect(queue.json.items).toMatchObject([{ reference: `${HOST}/team/new:2`, state: "waiting" }]);
  expect(server.audited.at(-1)).toMatchObject({
    class: "scan",
    action: "registry.pushed",
    data: { images: [`${HOST}/team/new:2`], count: 1 },
  });
  // It is not among what is meant.
  await push("/hooks/registry/main", "other/new", { authorization: `Bearer ${SECRET}` });
  expect((await admin.call("GET", "/api/v1/registry-images")).json.total).toBe(1);
});

it("takes a push that is signed", async () => {
  await admin.call("PUT", at, { ...body, kind: "ghcr", include: [] });
  const told = {
    action: "published",
    registry_package: {
      package_type: "CONTAINER",
      namespace: "acme",
      name: "app",
      package_version: { container_metadata: { tag: { name: "1" } } },
    },
  };
  const signature = createHmac("sha256", SECRET).update(JSON.stringify(told)).digest("hex");
  const call = (sum: string) =>
    server.call("/hooks/registry/main", {
      method: "POST",
      headers: { "content-type": "application/json", "x-hub-signature-256": `sha256=${sum}` },
      body: told,
    });
  expect((await call("0".repeat(64))).status).toBe(401);
  expect((await call(signature)).status).toBe(204);
});

it("tells whoever proves nothing the same, whether there is such a registry or not, and not for long", async () => {
  await admin.call("PUT", at, body);
  const wrong = await push("/hooks/registry/main", "team/a", { authorization: "Bearer wrong" });
  const absent = await push("/hooks/registry/none", "team/a", { authorization: "Bearer wrong" });
  expect([wrong.status, wrong.text]).toEqual([401, absent.text]);
  expect(server.audited.at(-1)).toMatchObject({ action: "registry.push-refused" });
  const statuses = new Set<number>();
  for (let count = 0; count < 30; count += 1) {
    statuses.add((await push("/hooks/registry/main", "team/a", {})).status);
  }
  expect([...statuses]).toEqual([401, 429]);
  const audited = server.audited.length;
  expect((await push("/hooks/registry/main", "team/a", { authorization: `Bearer ${SECRET}` })).status).toBe(
    429,
  );
  expect(server.audited).toHaveLength(audited);
});

it("shows how far it is to somebody who knows how it is set up", async () => {
  await admin.call("PUT", at, body);
  const before = await admin.call("GET", at);
  await admin.call("POST", `${at}/pause`);
  const known = { "if-none-match": String(before.headers.etag) };
  const after = await admin.call("GET", at, undefined, known);
  expect([after.status, after.headers.etag]).toEqual([200, before.headers.etag]);
  expect(after.json).toMatchObject({ state: "paused" });
});
