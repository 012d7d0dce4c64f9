import { recordOf, textOf } from "../../json-shape.ts";
import { listedTag } from "../listed-tag.ts";
import { checkPage, type RegistryApi } from "../registry-api.ts";
import type { RegistryKind } from "../registry-kind.ts";

const PAGE_SIZE = 100;

/** Harbor: projects, their repositories, and artifacts with tags and the time of each push. */
export const harbor: RegistryKind = {
  name: "harbor",
  serves: () => false,
  async *repositories(api, path) {
    if (path.includes("/")) {
      yield path;
      return;
    }
    for await (const project of projectsOf(api, path)) {
      const list = `/api/v2.0/projects/${encodeURIComponent(project)}/repositories`;
      for await (const entry of entries(api, list)) {
        const name = textOf(entry.name);
        if (name !== undefined) yield name;
      }
    }
  },
  async *tags(api, repository) {
    const [project = "", ...rest] = repository.split("/");
    // A slash in a name is escaped twice (Harbor, swagger.yaml, "repository_name").
    const name = encodeURIComponent(encodeURIComponent(rest.join("/")));
    const list = `/api/v2.0/projects/${encodeURIComponent(project)}/repositories/${name}/artifacts`;
    for await (const artifact of entries(api, list, "&with_tag=true")) {
      if (!Array.isArray(artifact.tags)) continue;
      for (const entry of artifact.tags) {
        const { name: text, push_time: time } = recordOf(entry);
        const tag = listedTag(text, time);
        if (tag !== undefined) yield tag;
      }
    }
  },
};

async function* projectsOf(api: RegistryApi, path: string): AsyncGenerator<string, void, undefined> {
  if (path !== "") {
    yield path;
    return;
  }
  for await (const entry of entries(api, "/api/v2.0/projects")) {
    const name = textOf(entry.name);
    if (name !== undefined) yield name;
  }
}

async function* entries(api: RegistryApi, path: string, more = "") {
  const credentials = await api.credentials();
  const headers: Readonly<Record<string, string>> =
    credentials === undefined ? {} : { authorization: authorizationOf(credentials) };
  for (let page = 1; ; page += 1) {
    checkPage(page);
    const url = new URL(`${path}?page=${page}&page_size=${PAGE_SIZE}${more}`, api.apiRoot());
    const { document } = await api.rest(url, { headers });
    if (!Array.isArray(document)) return;
    for (const entry of document) yield recordOf(entry);
    if (document.length < PAGE_SIZE) return;
  }
}

function authorizationOf(credentials: NonNullable<Awaited<ReturnType<RegistryApi["credentials"]>>>): string {
  if (credentials.kind !== "password") return `Bearer ${credentials.token}`;
  const { username, password } = credentials;
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
