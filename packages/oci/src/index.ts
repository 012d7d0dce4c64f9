export type { OciErrorCode } from "./errors.ts";
export { OciError } from "./errors.ts";
export type { ReadLimits } from "./read-limits.ts";
export { defaultReadLimits } from "./read-limits.ts";
export type {
  ImageFacts,
  ImageSource,
  ImageTree,
  LayerFacts,
  OpenedImage,
  OpenOptions,
  ReadOptions,
  ReadProgress,
} from "./source.ts";
export type { DockerSourceOptions } from "./sources/docker/docker-source.ts";
export { dockerSource } from "./sources/docker/docker-source.ts";
export type { CredentialStore, RegistryCredentials } from "./sources/registry/credentials.ts";
export { fixedCredentials, noCredentials } from "./sources/registry/credentials.ts";
export type { DockerConfigOptions } from "./sources/registry/docker-config.ts";
export { dockerConfigCredentials } from "./sources/registry/docker-config.ts";
export type { RegistrySourceOptions } from "./sources/registry/registry-source.ts";
export { registrySource } from "./sources/registry/registry-source.ts";
