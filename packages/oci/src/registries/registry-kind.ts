import type { RegistryApi } from "./registry-api.ts";

/** The makes of registries that are told apart. */
export type RegistryKindName =
  | "acr"
  | "distribution"
  | "docker-hub"
  | "ecr"
  | "ghcr"
  | "gitlab"
  | "google"
  | "harbor"
  | "quay";

/** A tag as a registry lists it. */
export interface ListedTag {
  readonly name: string;
  /** When it was pushed, in milliseconds since 1970; absent where the registry does not say. */
  readonly pushedAtMs?: number;
}

/**
 * One make of registry: how what is in it is listed. A member of the family in `kinds/`.
 *
 * Lists come from a stranger: names are not checked here, order means nothing, and entries that have not the shape
 * that the maker documents are left out. Rejects with OciError.
 */
export interface RegistryKind {
  readonly name: RegistryKindName;
  /** Whether a registry is of this make, as far as its host's name tells. */
  serves(host: string): boolean;
  /**
   * The repositories at a path: all of the registry where it is empty, those of a namespace, or the one that it
   * names. Rejects with `NAMESPACE_MISSING` where a registry is too large to be listed as a whole.
   */
  repositories(api: RegistryApi, path: string): AsyncIterable<string>;
  tags(api: RegistryApi, repository: string): AsyncIterable<ListedTag>;
}
