import { type ImageReference, messageOf, parseImageReference } from "@pratique/core";
import { OciError } from "../errors.ts";
import { RegistryApi, type RegistryApiOptions } from "./registry-api.ts";
import { chooseTags, type RegistryFilter, wantsRepository } from "./registry-filter.ts";
import type { ListedTag, RegistryKind } from "./registry-kind.ts";

const MAX_REPOSITORIES = 200_000;
const MAX_TAGS = 100_000;

export interface ListImagesOptions extends RegistryApiOptions {
  readonly registry: string;
  /** A namespace or a repository; empty for all of the registry. */
  readonly path: string;
  readonly kind: RegistryKind;
  readonly filter: RegistryFilter;
}

/** What a registry lists: an image, or a repository that could not be listed, or a tag that is none. */
export type Listed =
  | { readonly kind: "image"; readonly image: ImageReference & { readonly tag: string } }
  | { readonly kind: "failure"; readonly repository: string; readonly error: OciError };

/**
 * Lists the images that are meant, repository by repository. Rejects where the list of repositories cannot be had;
 * a repository that cannot be listed is a failure among the others.
 */
export async function* listImages(options: ListImagesOptions): AsyncGenerator<Listed, void, undefined> {
  const { registry, path, kind, filter } = options;
  const api = await RegistryApi.open(registry, options);
  const seen = new Set<string>();
  for await (const repository of kind.repositories(api, path)) {
    if (seen.has(repository) || !wantsRepository(filter, repository)) continue;
    seen.add(repository);
    if (seen.size > MAX_REPOSITORIES) {
      throw new OciError("LIMIT_REACHED", `${registry} lists more than ${MAX_REPOSITORIES} repositories`);
    }
    try {
      parseImageReference(`${registry}/${repository}`);
      const tags = await tagsOf(kind.tags(api, repository), repository);
      for (const tag of chooseTags(filter, tags)) yield imageOf(registry, repository, tag);
    } catch (thrown) {
      if (options.signal.aborted) throw thrown;
      yield { kind: "failure", repository, error: errorOf(thrown) };
    }
  }
}

async function tagsOf(list: AsyncIterable<ListedTag>, repository: string): Promise<readonly ListedTag[]> {
  const tags: ListedTag[] = [];
  for await (const tag of list) {
    if (tags.length >= MAX_TAGS) {
      throw new OciError("LIMIT_REACHED", `${JSON.stringify(repository)} has more than ${MAX_TAGS} tags`);
    }
    tags.push(tag);
  }
  return tags;
}

/** Names come from the registry: only those that are well formed become part of a request. */
function imageOf(registry: string, repository: string, tag: string): Listed {
  try {
    const { tag: checked = tag, ...rest } = parseImageReference(`${registry}/${repository}:${tag}`);
    return { kind: "image", image: { ...rest, tag: checked } };
  } catch (thrown) {
    return { kind: "failure", repository: `${repository}:${tag}`, error: errorOf(thrown) };
  }
}

function errorOf(thrown: unknown): OciError {
  if (thrown instanceof OciError) return thrown;
  return new OciError("REGISTRY_MALFORMED", messageOf(thrown), { cause: thrown });
}
