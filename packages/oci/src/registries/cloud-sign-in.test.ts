import { createHash } from "node:crypto";
import { chmodSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { HttpClient } from "@pratique/http";
import { configOf, layerOf, manifestOf, tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { dockerConfigCredentials } from "../sources/registry/docker-config.ts";
import { registrySource } from "../sources/registry/registry-source.ts";
import { listImages } from "./list-images.ts";
import type { RegistryKindName } from "./registry-kind.ts";
import { registryKindOf } from "./registry-kinds.ts";

const http = new HttpClient({ now: () => 0, random: () => 0, sleep: async () => undefined });
const layer = layerOf([{ path: "etc/os-release", content: "ID=alpine\n" }], "gzip");
const config = configOf({ layers: [layer] });
const manifest = manifestOf(config, [layer]);
/** By the hexadecimal digits of their digests. */
const blobs = new Map(
  [layer.blob, config].map((blob) => [createHash("sha256").update(blob).digest("hex"), blob]),
);
const base64 = (text: string) => Buffer.from(text).toString("base64");

/** As long as those of Amazon and Microsoft, and with all that theirs may hold. */
const TOKEN = `eyJ${base64("key+/=").repeat(250)}==`;
/** What Google's service accounts sign in with: lines, colons, and names of people. */
const KEY = JSON.stringify(
  { type: "service_account", client_email: "zoë@x.example", private_key: "-----\nab:c" },
  null,
  2,
);

interface Cloud {
  readonly kind: RegistryKindName;
  /** `config.json`, and the helpers that it names, as what they print. */
  readonly docker: (host: string) => {
    readonly config: object;
    readonly helpers?: Readonly<Record<string, string>>;
  };
  /** The challenge of a 401. */
  readonly challenge: (host: string) => string;
  /** Which Authorization is taken for a scope. */
  readonly accepts: (authorization: string | undefined, scope: string) => boolean;
  /** Where tokens are handed out: what it gives for a request, undefined for a refusal. */
  readonly tokens?: {
    readonly path: string;
    readonly give: (request: TokenRequest) => object | undefined;
  };
}

interface TokenRequest {
  readonly method: string;
  readonly authorization: string | undefined;
  readonly fields: URLSearchParams;
  readonly host: string;
}

const clouds: readonly (Cloud & { readonly how: string })[] = [
  {
    how: "Amazon's helper: a token of twelve hours as the password of AWS",
    kind: "ecr",
    docker: (host) => ({
      config: { credHelpers: { [host]: "ecr-login" } },
      helpers: { "ecr-login": JSON.stringify({ ServerURL: host, Username: "AWS", Secret: TOKEN }) },
    }),
    challenge: (host) => `Basic realm="http://${host}/",service="ecr.amazonaws.com"`,
    accepts: (authorization) => authorization === `Basic ${base64(`AWS:${TOKEN}`)}`,
  },
  {
    how: "Google's helper: an access token as a password",
    kind: "google",
    docker: (host) => ({
      config: { credHelpers: { [host]: "gcloud" } },
      helpers: {
        gcloud: JSON.stringify({ ServerURL: host, Username: "_dcgcloud_token", Secret: "ya29.a0" }),
      },
    }),
    challenge: (host) => `Bearer realm="http://${host}/v2/token",service="${host}"`,
    accepts: (authorization, scope) => authorization === `Bearer for-${scope}`,
    tokens: {
      path: "/v2/token",
      give: ({ method, authorization, fields, host }) =>
        method === "GET" &&
        authorization === `Basic ${base64("_dcgcloud_token:ya29.a0")}` &&
        fields.get("service") === host
          ? { token: `for-${fields.get("scope")}`, expires_in: 3600 }
          : undefined,
    },
  },
  {
    how: "the key of a service account of Google",
    kind: "google",
    docker: (host) => ({ config: { auths: { [`https://${host}`]: { auth: base64(`_json_key:${KEY}`) } } } }),
    challenge: (host) => `Bearer realm="http://${host}/v2/token",service="${host}"`,
    accepts: (authorization, scope) => authorization === `Bearer for-${scope}`,
    tokens: {
      path: "/v2/token",
      give: ({ authorization, fields }) =>
        authorization === `Basic ${base64(`_json_key:${KEY}`)}`
          ? { token: `for-${fields.get("scope")}` }
          : undefined,
    },
  },
  {
    how: "what az acr login leaves behind: a refresh token for an unnamed user",
    kind: "acr",
    docker: (host) => ({
      config: {
        auths: { [host]: { auth: base64("00000000-0000-0000-0000-000000000000:"), identitytoken: TOKEN } },
      },
    }),
    challenge: (host) =>
      `Bearer realm="http://${host}/oauth2/token",service="${host}",scope="registry:catalog:*",error="invalid_token"`,
    accepts: (authorization, scope) => authorization === `Bearer for-${scope}`,
    tokens: {
      path: "/oauth2/token",
      give: ({ method, authorization, fields, host }) =>
        method === "POST" &&
        authorization === undefined &&
        fields.get("grant_type") === "refresh_token" &&
        fields.get("refresh_token") === TOKEN &&
        fields.get("service") === host
          ? { access_token: `for-${fields.get("scope")}` }
          : undefined,
    },
  },
  {
    how: "a service principal of Azure",
    kind: "acr",
    docker: (host) => ({ config: { auths: { [host]: { auth: base64("0f0f-app:p~w.d:x") } } } }),
    challenge: (host) => `Bearer realm="http://${host}/oauth2/token",service="${host}"`,
    accepts: (authorization, scope) => authorization === `Bearer for-${scope}`,
    tokens: {
      path: "/oauth2/token",
      give: ({ method, authorization, fields }) =>
        method === "GET" && authorization === `Basic ${base64("0f0f-app:p~w.d:x")}`
          ? { access_token: `for-${fields.get("scope")}` }
          : undefined,
    },
  },
];

it.each(clouds)("lists and reads what is behind $how", async (cloud) => {
  using directory = tempDirectory();
  await using storage = await startStorage();
  await using registry = await startCloud(cloud, storage.host);
  const { config: settings, helpers = {} } = cloud.docker(registry.host);
  writeFileSync(directory.at("config.json"), JSON.stringify(settings));
  for (const [name, answer] of Object.entries(helpers)) {
    const file = directory.at(`docker-credential-${name}`);
    writeFileSync(file, `#!/bin/sh\ncat > /dev/null\ncat <<'END'\n${answer}\nEND\n`);
    chmodSync(file, 0o755);
  }
  const environment = { PATH: `${directory.path}:/usr/bin:/bin` };
  const credentials = dockerConfigCredentials({ directory: directory.path, environment });
  const { signal } = new AbortController();

  const listed: string[] = [];
  for await (const one of listImages({
    registry: registry.host,
    path: cloud.kind === "google" ? "shop" : "",
    kind: registryKindOf(registry.host, cloud.kind),
    filter: { repositories: [], excludeRepositories: [], tags: [], excludeTags: [] },
    http,
    credentials,
    insecureRegistries: new Set(),
    signal,
  })) {
    if (one.kind !== "image") throw one.error;
    listed.push(`${one.image.repository}:${one.image.tag}`);
  }
  expect(listed.sort()).toEqual(["shop/api:1", "shop/web:1"]);

  const image = await registrySource({ http, credentials }).open(`${registry.host}/shop/web:1`, {});
  const tree = await image.readTree([{ paths: ["etc/os-release"] }]);
  expect(Buffer.from(await tree.read("etc/os-release")).toString()).toBe("ID=alpine\n");
  await image.close();
  // Blobs lie elsewhere, under addresses that are signed: who sends credentials along is turned away, and has told them.
  expect(storage.asked.length).toBeGreaterThanOrEqual(2);
});

it("tells what is missing where nobody has signed in", async () => {
  await using storage = await startStorage();
  for (const cloud of clouds) {
    await using registry = await startCloud(cloud, storage.host);
    const opening = registrySource({ http }).open(`${registry.host}/shop/web:1`, {});
    await expect(opening).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  }
});

interface Loopback extends AsyncDisposable {
  readonly host: string;
  readonly asked: readonly string[];
}

async function start(
  answer: (request: IncomingMessage, response: ServerResponse, host: string) => void,
): Promise<Loopback> {
  const asked: string[] = [];
  let host = "";
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    answer(request, response, host);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  host = `127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  return {
    host,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The store of blobs: one proof is in the address, and a second one is refused, as S3 and Azure do. */
async function startStorage(): Promise<Loopback> {
  return await start((request, response) => {
    const url = new URL(request.url ?? "", "http://storage");
    const blob = blobs.get(url.pathname.slice(1));
    if (request.headers.authorization !== undefined)
      response.writeHead(400).end("only one auth mechanism allowed");
    else if (url.searchParams.get("signature") !== "s" || blob === undefined) response.writeHead(403).end();
    else response.end(blob);
  });
}

async function startCloud(cloud: Cloud, storage: string): Promise<Loopback> {
  return await start((request, response, host) => {
    const url = new URL(request.url ?? "", `http://${host}`);
    if (url.pathname === cloud.tokens?.path) return void answerToken(cloud, { request, response, url, host });
    const [, repository = "", kind = "", name = ""] =
      /^\/v2\/(.+?)\/(tags|manifests|blobs)\/(.+)$/u.exec(url.pathname) ?? [];
    const scope = repository === "" ? "registry:catalog:*" : `repository:${repository}:pull`;
    if (!cloud.accepts(request.headers.authorization, scope)) {
      return void response.writeHead(401, { "www-authenticate": cloud.challenge(host) }).end('{"errors":[]}');
    }
    if (url.pathname === "/v2/") return void response.end("{}");
    if (url.pathname === "/v2/_catalog") return void answerCatalog(url, response);
    if (kind === "tags") return void response.end(JSON.stringify(tagsOf(repository, cloud.kind)));
    if (kind === "manifests") {
      return void response
        .setHeader("content-type", "application/vnd.oci.image.manifest.v1+json")
        .end(manifest);
    }
    const location = `http://${storage}/${name.slice("sha256:".length)}?signature=s`;
    response.writeHead(307, { location }).end();
  });
}

/** A page for each repository. */
function answerCatalog(url: URL, response: ServerResponse): void {
  const isSecond = url.searchParams.get("last") === "shop/api";
  if (!isSecond) response.setHeader("link", '</v2/_catalog?last=shop%2Fapi&n=1000&orderby=>; rel="next"');
  response.end(JSON.stringify({ repositories: [isSecond ? "shop/web" : "shop/api"] }));
}

function tagsOf(repository: string, kind: RegistryKindName): object {
  if (kind === "google" && repository === "shop")
    return { name: repository, child: ["api", "web"], tags: [] };
  return { name: repository, tags: ["1"] };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly host: string;
}

async function answerToken({ tokens }: Cloud, { request, response, url, host }: Exchange): Promise<void> {
  const body: Buffer[] = [];
  for await (const chunk of request) body.push(chunk);
  const { method = "", headers } = request;
  const fields = method === "POST" ? new URLSearchParams(Buffer.concat(body).toString()) : url.searchParams;
  const given = tokens?.give({ method, authorization: headers.authorization, fields, host });
  if (given === undefined) response.writeHead(401).end('{"errors":[]}');
  else response.end(JSON.stringify(given));
}
