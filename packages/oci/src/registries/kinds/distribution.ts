import { OciError } from "../../errors.ts";
import type { RegistryApi } from "../registry-api.ts";
import type { ListedTag, RegistryKind, RegistryKindName } from "../registry-kind.ts";

/** Registries that list themselves by the distribution API: the catalog, and the tags of each repository. */
export function distributionLike(name: RegistryKindName, serves: (host: string) => boolean): RegistryKind {
  return { name, serves, repositories: catalogAt, tags: plainTags };
}

/** Docker's own registry, and whatever else is not told apart. */
export const distribution = distributionLike("distribution", () => true);

/** The repository of the path where there is one, else those below it. */
async function* catalogAt(api: RegistryApi, path: string): AsyncGenerator<string, void, undefined> {
  if (path !== "" && (await hasTags(api, path))) {
    yield path;
    return;
  }
  for await (const repository of api.catalog()) {
    if (path === "" || repository.startsWith(`${path}/`)) yield repository;
  }
}

async function hasTags(api: RegistryApi, repository: string): Promise<boolean> {
  try {
    for await (const _ of api.tags(repository)) return true;
    return false;
  } catch (thrown) {
    if (thrown instanceof OciError && thrown.code === "IMAGE_NOT_FOUND") return false;
    throw thrown;
  }
}

/** Tags as the distribution API lists them: without a time. */
export async function* plainTags(
  api: RegistryApi,
  repository: string,
): AsyncGenerator<ListedTag, void, undefined> {
  for await (const name of api.tags(repository)) yield { name };
}
