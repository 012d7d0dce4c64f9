import { OciError } from "../../errors.ts";
import { recordOf, textOf } from "../../json-shape.ts";
import type { RegistryApi } from "../registry-api.ts";
import type { RegistryKind } from "../registry-kind.ts";
import { plainTags } from "./distribution.ts";

const API = "https://gitlab.com";

/** GitLab's registry, whose catalog is closed: its API lists what belongs to a group or a project. */
export const gitlab: RegistryKind = {
  name: "gitlab",
  serves: (host) => host === "registry.gitlab.com",
  async *repositories(api, path) {
    if (path === "") {
      throw new OciError(
        "NAMESPACE_MISSING",
        "expected a group or a project behind the registry, found none",
      );
    }
    for (const owner of ["groups", "projects"]) {
      try {
        yield* repositoriesOf(api, owner, path);
        return;
      } catch (thrown) {
        if (!(thrown instanceof OciError) || thrown.code !== "IMAGE_NOT_FOUND") throw thrown;
      }
    }
    // Neither group nor project: an image below a project.
    yield path;
  },
  tags: plainTags,
};

async function* repositoriesOf(api: RegistryApi, owner: string, path: string) {
  const credentials = await api.credentials();
  const token = credentials?.kind === "password" ? credentials.password : credentials?.token;
  const headers: Readonly<Record<string, string>> = token === undefined ? {} : { "private-token": token };
  const root = api.apiRoot(API);
  const url = new URL(
    `/api/v4/${owner}/${encodeURIComponent(path)}/registry/repositories?per_page=100`,
    root,
  );
  for await (const document of api.restPages(url, { headers })) {
    if (!Array.isArray(document)) continue;
    for (const entry of document) {
      const name = textOf(recordOf(entry).path);
      if (name !== undefined) yield name;
    }
  }
}
