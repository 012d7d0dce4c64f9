import { OciError } from "../../errors.ts";
import { recordOf, textsOf } from "../../json-shape.ts";
import type { RegistryApi } from "../registry-api.ts";
import type { ListedTag, RegistryKind } from "../registry-kind.ts";

const MAX_REPOSITORIES = 100_000;

/**
 * Google's Container Registry and Artifact Registry: the tags of a path tell what lies below it (`child`), and when
 * each manifest was pushed.
 */
export const google: RegistryKind = {
  name: "google",
  serves: (host) => /(?:^|\.)gcr\.io$|-docker\.pkg\.dev$/u.test(host),
  async *repositories(api, path) {
    if (path === "") {
      throw new OciError("NAMESPACE_MISSING", "expected the project behind the registry, found none");
    }
    const waiting = [path];
    let seen = 0;
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      seen += 1;
      if (seen > MAX_REPOSITORIES) {
        throw new OciError("LIMIT_REACHED", `more than ${MAX_REPOSITORIES} repositories in ${path}`);
      }
      const document = recordOf(await api.tagDocument(next));
      if (textsOf(document.tags).length > 0) yield next;
      for (const child of textsOf(document.child)) {
        // One component: what names its parent again would go round for ever.
        if (/^[a-z0-9][a-z0-9._-]*$/u.test(child)) waiting.push(`${next}/${child}`);
      }
    }
  },
  async *tags(api: RegistryApi, repository: string): AsyncGenerator<ListedTag, void, undefined> {
    const document = recordOf(await api.tagDocument(repository));
    const times = new Map<string, number>();
    for (const manifest of Object.values(recordOf(document.manifest))) {
      const { tag, timeUploadedMs } = recordOf(manifest);
      const pushedAtMs = Number(timeUploadedMs);
      for (const name of textsOf(tag)) if (pushedAtMs > 0) times.set(name, pushedAtMs);
    }
    for (const name of textsOf(document.tags)) {
      const pushedAtMs = times.get(name);
      yield { name, ...(pushedAtMs !== undefined && { pushedAtMs }) };
    }
  },
};
