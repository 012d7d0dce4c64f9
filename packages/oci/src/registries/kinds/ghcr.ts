import { OciError } from "../../errors.ts";
import { recordOf, textOf, textsOf } from "../../json-shape.ts";
import { listedTag } from "../listed-tag.ts";
import type { RegistryApi } from "../registry-api.ts";
import type { RegistryKind } from "../registry-kind.ts";

const API = "https://api.github.com";

/** GitHub's registry: the packages of an organisation or a person, and their versions with tags and times. */
export const ghcr: RegistryKind = {
  name: "ghcr",
  serves: (host) => host === "ghcr.io",
  async *repositories(api, path) {
    if (path === "") {
      throw new OciError("NAMESPACE_MISSING", "expected an owner behind ghcr.io, found none");
    }
    if (path.includes("/")) {
      yield path;
      return;
    }
    for await (const entry of entries(api, path, "?package_type=container&per_page=100")) {
      const name = textOf(entry.name);
      if (name !== undefined) yield `${path}/${name.toLowerCase()}`;
    }
  },
  async *tags(api, repository) {
    const [owner = "", ...rest] = repository.split("/");
    const query = `/container/${encodeURIComponent(rest.join("/"))}/versions?per_page=100`;
    for await (const entry of entries(api, owner, query)) {
      for (const name of textsOf(recordOf(recordOf(entry.metadata).container).tags)) {
        const tag = listedTag(name, entry.updated_at ?? entry.created_at);
        if (tag !== undefined) yield tag;
      }
    }
  },
};

/** Packages are an organisation's, else a person's. */
async function* entries(api: RegistryApi, owner: string, query: string) {
  const credentials = await api.credentials();
  const token = credentials?.kind === "password" ? credentials.password : credentials?.token;
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const headers = { ...authorization, accept: "application/vnd.github+json" };
  const at = (kind: string) =>
    new URL(
      `${api.apiRoot(API).pathname.replace(/\/$/u, "")}/${kind}/${owner}/packages${query}`,
      api.apiRoot(API),
    );
  const kind = await kindOf(async (name) => void (await api.rest(at(name), { headers })));
  for await (const document of api.restPages(at(kind), { headers })) {
    if (Array.isArray(document)) for (const entry of document) yield recordOf(entry);
  }
}

async function kindOf(probe: (kind: string) => Promise<void>): Promise<"orgs" | "users"> {
  try {
    await probe("orgs");
    return "orgs";
  } catch (thrown) {
    if (thrown instanceof OciError && thrown.code === "IMAGE_NOT_FOUND") return "users";
    throw thrown;
  }
}
