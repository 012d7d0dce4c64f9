import { OciError } from "../../errors.ts";
import { recordOf, textOf } from "../../json-shape.ts";
import { listedTag } from "../listed-tag.ts";
import { checkPage, type RegistryApi } from "../registry-api.ts";
import type { RegistryKind } from "../registry-kind.ts";
import { plainTags } from "./distribution.ts";

/** Quay: its API lists the repositories of a namespace, and tags with times. */
export const quay: RegistryKind = {
  name: "quay",
  serves: (host) => host === "quay.io",
  async *repositories(api, path) {
    if (path === "") {
      throw new OciError("NAMESPACE_MISSING", "expected a namespace behind the registry, found none");
    }
    if (path.includes("/")) {
      yield path;
      return;
    }
    const query = new URLSearchParams({ namespace: path, public: "true" });
    for (let page = 0; ; page += 1) {
      checkPage(page);
      const document = await ask(api, `/api/v1/repository?${query}`);
      if (Array.isArray(document.repositories)) {
        for (const entry of document.repositories) {
          const name = textOf(recordOf(entry).name);
          if (name !== undefined) yield `${path}/${name}`;
        }
      }
      const next = textOf(document.next_page);
      if (next === undefined || next === query.get("next_page")) return;
      query.set("next_page", next);
    }
  },
  async *tags(api, repository) {
    // A robot account may pull, but has no way into the API.
    if ((await tokenOf(api)) === undefined && (await api.credentials()) !== undefined) {
      yield* plainTags(api, repository);
      return;
    }
    for (let page = 1; ; page += 1) {
      checkPage(page);
      const query = `?onlyActiveTags=true&limit=100&page=${page}`;
      const document = await ask(api, `/api/v1/repository/${repository}/tag/${query}`);
      if (Array.isArray(document.tags)) {
        for (const entry of document.tags) {
          const { name, start_ts: seconds } = recordOf(entry);
          const tag = listedTag(name, typeof seconds === "number" ? seconds * 1000 : undefined);
          if (tag !== undefined) yield tag;
        }
      }
      if (document.has_additional !== true) return;
    }
  },
};

async function ask(api: RegistryApi, path: string) {
  const token = await tokenOf(api);
  const headers: Readonly<Record<string, string>> =
    token === undefined ? {} : { authorization: `Bearer ${token}` };
  return recordOf((await api.rest(new URL(path, api.apiRoot()), { headers })).document);
}

/** What `docker login -u '$oauthtoken'` or a token that was given leaves; a robot's password is none. */
async function tokenOf(api: RegistryApi): Promise<string | undefined> {
  const credentials = await api.credentials();
  if (credentials?.kind !== "password") return credentials?.token;
  return credentials.username === "$oauthtoken" ? credentials.password : undefined;
}
