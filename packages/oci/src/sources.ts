import type { ImageSource } from "./source.ts";
import { dirSource } from "./sources/dir/dir-source.ts";
import { type DockerSourceOptions, dockerSource } from "./sources/docker/docker-source.ts";
import { dockerArchiveSource } from "./sources/docker-archive/docker-archive-source.ts";
import { ociArchiveSource } from "./sources/oci-archive/oci-archive-source.ts";
import { ociDirSource } from "./sources/oci-dir/oci-dir-source.ts";
import { type RegistrySourceOptions, registrySource } from "./sources/registry/registry-source.ts";

/** What the sources that reach beyond local files need. */
export interface ImageSourceOptions {
  readonly docker: DockerSourceOptions;
  readonly registry: RegistrySourceOptions;
}

/** Those that read local files, and need nothing else. */
export const localSources: readonly ImageSource[] = [
  dirSource,
  dockerArchiveSource,
  ociArchiveSource,
  ociDirSource,
];

/** All sources. A test fails when a folder beside this file is missing here. */
export function imageSources({ docker, registry }: ImageSourceOptions): readonly ImageSource[] {
  return [...localSources, dockerSource(docker), registrySource(registry)];
}
