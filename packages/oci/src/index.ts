export { containerdRoots } from "./containerd/containerd-roots.ts";
export type { OciErrorCode } from "./errors.ts";
export { OciError } from "./errors.ts";
export type { SeekableBytes } from "./files/seekable-bytes.ts";
export type {
  HeldLayerIndex,
  LayerIndexExchange,
  LayerIndexName,
} from "./layer-index/exchanging-layer-index-cache.ts";
export { ExchangingLayerIndexCache } from "./layer-index/exchanging-layer-index-cache.ts";
export type { FileLayerIndexCacheOptions } from "./layer-index/file-layer-index-cache.ts";
export { FileLayerIndexCache } from "./layer-index/file-layer-index-cache.ts";
export type { LayerFacts } from "./layer-index/layer-facts.ts";
export type { LayerIndexCache, LayerIndexKey } from "./layer-index/layer-index-cache.ts";
export { LayerIndexFiles, layerIndexCheckSum } from "./layer-index/layer-index-files.ts";
export type { LayerSource } from "./layer-index/layer-source.ts";
export type { Matcher, NameMatcher } from "./layer-index/matcher.ts";
export { PATH_HASHER_KEY_BYTES } from "./layer-index/path-hashes.ts";
export type { ReadLimits } from "./layer-index/read-limits.ts";
export type { OpenImageOptions } from "./open-image.ts";
export { openImage } from "./open-image.ts";
export type { PodmanUser } from "./podman/storage-roots.ts";
export { podmanSocket, podmanStorageRoots } from "./podman/storage-roots.ts";
export type { Push, PushDialect, PushDialectName, PushRequest } from "./pushes/push-dialect.ts";
export { pushDialects } from "./pushes/push-dialects.ts";
export type { PushAnswer } from "./pushes/read-pushes.ts";
export { readPushes } from "./pushes/read-pushes.ts";
export type { Listed, ListImagesOptions } from "./registries/list-images.ts";
export { listImages } from "./registries/list-images.ts";
export type { PacedHttpOptions } from "./registries/paced-http.ts";
export { PacedHttp } from "./registries/paced-http.ts";
export type { RegistryFilter } from "./registries/registry-filter.ts";
export { wantsRepository, wantsTag } from "./registries/registry-filter.ts";
export type { ListedTag, RegistryKind, RegistryKindName } from "./registries/registry-kind.ts";
export { isRegistryKindName, registryKindOf, registryKinds } from "./registries/registry-kinds.ts";
export type {
  ImageFacts,
  ImageSource,
  ImageTree,
  OpenedImage,
  OpenOptions,
  ReadOptions,
  ReadProgress,
  TreeFacts,
} from "./source.ts";
export type { ContainerSourceOptions } from "./sources/container/container-source.ts";
/** @public for whoever opens images of some sources alone */
export { containerSource } from "./sources/container/container-source.ts";
export type { DockerSourceOptions } from "./sources/docker/docker-source.ts";
/** @public for whoever opens images of some sources alone */
export { dockerSource } from "./sources/docker/docker-source.ts";
export type { LxcUser } from "./sources/lxc/lxc-paths.ts";
export { lxcPaths } from "./sources/lxc/lxc-paths.ts";
export type { ArtifactOptions, ArtifactPart } from "./sources/registry/artifact.ts";
export { Artifact } from "./sources/registry/artifact.ts";
export type { CredentialStore, RegistryCredentials } from "./sources/registry/credentials.ts";
export { fixedCredentials, noCredentials } from "./sources/registry/credentials.ts";
export type { DockerConfigOptions } from "./sources/registry/docker-config.ts";
export { dockerConfigCredentials } from "./sources/registry/docker-config.ts";
export type { RegistryHttp } from "./sources/registry/registry-http.ts";
export type { RegistrySourceOptions } from "./sources/registry/registry-source.ts";
export { registrySource } from "./sources/registry/registry-source.ts";
export type { HostSourceOptions } from "./sources.ts";
export { hostSources, localSources } from "./sources.ts";
