import type { ImageSource } from "./source.ts";
import { aciSource } from "./sources/aci/aci-source.ts";
import { type ContainerSourceOptions, containerSource } from "./sources/container/container-source.ts";
import { type ContainerdSourceOptions, containerdSource } from "./sources/containerd/containerd-source.ts";
import { dirSource } from "./sources/dir/dir-source.ts";
import { type DockerSourceOptions, dockerSource } from "./sources/docker/docker-source.ts";
import { dockerArchiveSource } from "./sources/docker-archive/docker-archive-source.ts";
import { type LxcSourceOptions, lxcSource } from "./sources/lxc/lxc-source.ts";
import { ociArchiveSource } from "./sources/oci-archive/oci-archive-source.ts";
import { ociDirSource } from "./sources/oci-dir/oci-dir-source.ts";
import { type PodmanSourceOptions, podmanSource } from "./sources/podman/podman-source.ts";

/** What the sources of this host need: engines and the stores of runtimes. */
export interface HostSourceOptions {
  readonly docker: DockerSourceOptions;
  readonly podman: PodmanSourceOptions;
  readonly containerd: ContainerdSourceOptions;
  readonly container: ContainerSourceOptions;
  readonly lxc: LxcSourceOptions;
}

// With `registrySource`, these are all. A test fails when a folder beside this file is missing.

/** Those that read local files, and need nothing else. */
export const localSources: readonly ImageSource[] = [
  aciSource,
  dirSource,
  dockerArchiveSource,
  ociArchiveSource,
  ociDirSource,
];

/** Those that read what engines and runtimes of this host hold. */
export function hostSources(options: HostSourceOptions): readonly ImageSource[] {
  return [
    dockerSource(options.docker),
    podmanSource(options.podman),
    containerdSource(options.containerd),
    containerSource(options.container),
    lxcSource(options.lxc),
  ];
}
