import { CoreError, isDigest, parseImageReference } from "@pratique/core";

/**
 * The repository of an image's name with its registry, as scopes name it: `docker.io/library/nginx` for `nginx:1`.
 * Undefined where the text is no name: an image id, or a file.
 */
export function repositoryOf(reference: string): string | undefined {
  // `sha256:…` would be read as a tag of the repository `sha256`.
  if (isDigest(reference)) return undefined;
  try {
    const { registry, repository } = parseImageReference(reference);
    return `${registry}/${repository}`;
  } catch (thrown) {
    if (thrown instanceof CoreError) return undefined;
    throw thrown;
  }
}
