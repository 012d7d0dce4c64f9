import { OciError } from "../../errors.ts";
import { recordOf, textOf } from "../../json-shape.ts";
import { listedTag } from "../listed-tag.ts";
import { checkPage, type RegistryApi, type RestRequest } from "../registry-api.ts";
import type { RegistryKind } from "../registry-kind.ts";

const API = "https://hub.docker.com";

/** Docker Hub, whose registry has no catalog: its API lists the repositories of a namespace, and tags with times. */
export const dockerHub: RegistryKind = {
  name: "docker-hub",
  serves: (host) => host === "docker.io",
  async *repositories(api, path) {
    if (path === "") {
      throw new OciError("NAMESPACE_MISSING", "expected a namespace behind docker.io, found none");
    }
    if (path.includes("/")) {
      yield path;
      return;
    }
    for await (const entry of results(api, `/v2/namespaces/${path}/repositories`)) {
      const name = textOf(entry.name);
      if (name !== undefined) yield `${path}/${name}`;
    }
  },
  async *tags(api, repository) {
    const [namespace = "", ...rest] = repository.split("/");
    const name = encodeURIComponent(rest.join("/"));
    for await (const entry of results(api, `/v2/namespaces/${namespace}/repositories/${name}/tags`)) {
      const tag = listedTag(entry.name, entry.tag_last_pushed ?? entry.last_updated);
      if (tag !== undefined) yield tag;
    }
  },
};

/** The pages are numbered, and each says whether one follows. */
async function* results(api: RegistryApi, path: string) {
  const request = await signIn(api);
  for (let page = 1; ; page += 1) {
    checkPage(page);
    const url = new URL(path, api.apiRoot(API));
    url.search = `page_size=100&page=${page}`;
    const document = recordOf((await api.rest(url, request)).document);
    if (Array.isArray(document.results)) for (const entry of document.results) yield recordOf(entry);
    if (textOf(document.next) === undefined) return;
  }
}

/** The API takes no password but a token that it gives for one. */
async function signIn(api: RegistryApi): Promise<RestRequest> {
  const credentials = await api.credentials();
  if (credentials?.kind === "bearer-token") return bearer(credentials.token);
  if (credentials?.kind !== "password") return {};
  const url = new URL("/v2/auth/token", api.apiRoot(API));
  const body = { identifier: credentials.username, secret: credentials.password };
  const token = textOf(recordOf((await api.rest(url, { body })).document).access_token);
  if (token === undefined) throw new OciError("REGISTRY_MALFORMED", "Docker Hub answered without a token");
  return bearer(token);
}

function bearer(token: string): RestRequest {
  return { headers: { authorization: `Bearer ${token}` } };
}
