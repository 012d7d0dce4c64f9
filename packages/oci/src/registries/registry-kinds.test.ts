import { readdirSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { HttpClient } from "@pratique/http";
import { expect, it } from "vitest";
import { noCredentials, type RegistryCredentials } from "../sources/registry/credentials.ts";
import { RegistryApi } from "./registry-api.ts";
import type { RegistryKindName } from "./registry-kind.ts";
import { registryKindOf, registryKinds } from "./registry-kinds.ts";

const http = new HttpClient({ now: () => 0, random: () => 0, sleep: async () => undefined });

type Answer = { readonly body: unknown; readonly link?: string } | undefined;

/** An API on loopback that answers by path and query, and remembers who asked. */
async function startApi(answers: (url: string, request: IncomingMessage) => Answer) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const url = request.url ?? "";
    if (url === "/v2/") return response.end("{}");
    const { authorization, "private-token": token } = request.headers;
    asked.push(`${url} ${authorization ?? token ?? "-"}`);
    const answer = answers(url, request);
    if (answer === undefined) return response.writeHead(404).end("{}");
    if (answer.link !== undefined) response.setHeader("link", answer.link);
    return response.setHeader("content-type", "application/json").end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    host: `127.0.0.1:${port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function all<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

async function openApi(host: string, credentials?: RegistryCredentials) {
  return await RegistryApi.open(host, {
    http,
    credentials: credentials === undefined ? noCredentials : { lookUp: async () => credentials },
    insecureRegistries: new Set(),
    apiUrl: new URL(`http://${host}`),
    signal: new AbortController().signal,
  });
}

const password: RegistryCredentials = { kind: "password", username: "u", password: "p" };

interface Row {
  readonly kind: RegistryKindName;
  readonly path: string;
  readonly repository: string;
  readonly credentials?: RegistryCredentials;
  readonly answers: Readonly<Record<string, Answer>>;
  readonly repositories: readonly string[];
  readonly tags: readonly unknown[];
  readonly askedAs: string;
}

const time = "2026-01-02T03:04:05Z";
const timeMs = Date.parse(time);

const rows: readonly Row[] = [
  {
    kind: "docker-hub",
    path: "acme",
    repository: "acme/app",
    credentials: password,
    answers: {
      "/v2/auth/token": { body: { access_token: "jwt" } },
      "/v2/namespaces/acme/repositories?page_size=100&page=1": {
        body: { next: "yes", results: [{ name: "app" }, { nonsense: 1 }] },
      },
      "/v2/namespaces/acme/repositories?page_size=100&page=2": {
        body: { next: null, results: [{ name: "web" }] },
      },
      "/v2/namespaces/acme/repositories/app/tags?page_size=100&page=1": {
        body: { results: [{ name: "1", tag_last_pushed: time }, { name: "2" }] },
      },
    },
    repositories: ["acme/app", "acme/web"],
    tags: [{ name: "1", pushedAtMs: timeMs }, { name: "2" }],
    askedAs: "Bearer jwt",
  },
  {
    kind: "ghcr",
    path: "person",
    repository: "person/group/app",
    credentials: password,
    answers: {
      "/users/person/packages?package_type=container&per_page=100": {
        body: [{ name: "group/App" }],
        link: '</users/person/packages?page=2>; rel="next"',
      },
      "/users/person/packages?page=2": { body: [{ name: "web" }, null] },
      "/users/person/packages/container/group%2Fapp/versions?per_page=100": {
        body: [{ updated_at: time, metadata: { container: { tags: ["1", "latest"] } } }, { metadata: null }],
      },
    },
    repositories: ["person/group/app", "person/web"],
    tags: [
      { name: "1", pushedAtMs: timeMs },
      { name: "latest", pushedAtMs: timeMs },
    ],
    askedAs: "Bearer p",
  },
  {
    kind: "gitlab",
    path: "group/sub",
    repository: "group/sub/app",
    credentials: password,
    answers: {
      "/api/v4/projects/group%2Fsub/registry/repositories?per_page=100": {
        body: [{ path: "group/sub/app" }, { path: 7 }],
      },
      "/v2/group/sub/app/tags/list?n=1000": { body: { tags: ["1"] } },
    },
    repositories: ["group/sub/app"],
    tags: [{ name: "1" }],
    askedAs: "p",
  },
  {
    kind: "google",
    path: "project/repo",
    repository: "project/repo/app",
    answers: {
      "/v2/project/repo/tags/list": { body: { child: ["app", "..", "a/b"], tags: [] } },
      "/v2/project/repo/app/tags/list": {
        body: { tags: ["1", "2"], manifest: { "sha256:0": { tag: ["1"], timeUploadedMs: String(timeMs) } } },
      },
    },
    repositories: ["project/repo/app"],
    tags: [{ name: "1", pushedAtMs: timeMs }, { name: "2" }],
    askedAs: "-",
  },
  {
    kind: "harbor",
    path: "",
    repository: "library/a/b",
    credentials: password,
    answers: {
      "/api/v2.0/projects?page=1&page_size=100": { body: [{ name: "library" }] },
      "/api/v2.0/projects/library/repositories?page=1&page_size=100": { body: [{ name: "library/a/b" }] },
      "/api/v2.0/projects/library/repositories/a%252Fb/artifacts?page=1&page_size=100&with_tag=true": {
        body: [{ tags: [{ name: "1", push_time: time }] }, { tags: null }],
      },
    },
    repositories: ["library/a/b"],
    tags: [{ name: "1", pushedAtMs: timeMs }],
    askedAs: "Basic dTpw",
  },
  {
    kind: "quay",
    path: "acme",
    repository: "acme/app",
    credentials: { kind: "bearer-token", token: "oauth" },
    answers: {
      "/api/v1/repository?namespace=acme&public=true": {
        body: { repositories: [{ name: "app" }], next_page: "token" },
      },
      "/api/v1/repository?namespace=acme&public=true&next_page=token": {
        body: { repositories: [{ name: "web" }] },
      },
      "/api/v1/repository/acme/app/tag/?onlyActiveTags=true&limit=100&page=1": {
        body: { tags: [{ name: "1", start_ts: timeMs / 1000 }], has_additional: false },
      },
    },
    repositories: ["acme/app", "acme/web"],
    tags: [{ name: "1", pushedAtMs: timeMs }],
    askedAs: "Bearer oauth",
  },
];

it.each(rows)("lists $kind by its own API", async (row) => {
  await using server = await startApi((url) => row.answers[url]);
  const api = await openApi(server.host, row.credentials);
  const kind = registryKindOf("any.example", row.kind);
  expect(await all(kind.repositories(api, row.path))).toEqual(row.repositories);
  expect(await all(kind.tags(api, row.repository))).toEqual(row.tags);
  expect(server.asked.some((line) => line.endsWith(` ${row.askedAs}`))).toBe(true);
});

it.each(registryKinds.filter(({ name }) => !["acr", "distribution", "ecr", "harbor"].includes(name)))(
  "asks for a namespace of $name",
  async (kind) => {
    await using server = await startApi(() => undefined);
    const api = await openApi(server.host);
    await expect(all(kind.repositories(api, ""))).rejects.toMatchObject({ code: "NAMESPACE_MISSING" });
  },
);

it.each([
  ["docker.io", "docker-hub"],
  ["ghcr.io", "ghcr"],
  ["quay.io", "quay"],
  ["registry.gitlab.com", "gitlab"],
  ["europe-docker.pkg.dev", "google"],
  ["eu.gcr.io", "google"],
  ["123456789012.dkr.ecr.eu-central-1.amazonaws.com", "ecr"],
  ["shop.azurecr.io", "acr"],
  ["registry.example:5000", "distribution"],
  ["gcr.io.evil.example", "distribution"],
])("knows %s as %s", (host, name) => {
  expect(registryKindOf(host).name).toBe(name);
});

it("lists every make, sorted by name", () => {
  const files = readdirSync(new URL("./kinds/", import.meta.url)).map((file) => file.replace(/\.ts$/u, ""));
  expect(registryKinds.map(({ name }) => name)).toEqual(files.toSorted());
});
