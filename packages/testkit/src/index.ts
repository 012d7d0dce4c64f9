export type { FileTreeOptions, TreeItem, TreeItems } from "./file-tree.ts";
export { fileTreeOf, fileTreeOfLayers, layerDigest } from "./file-tree.ts";
export type { CanaryForm, CanaryHit } from "./find-canary.ts";
export { findCanary } from "./find-canary.ts";
export type { FixedClock } from "./fixed-clock.ts";
export { fixedClock } from "./fixed-clock.ts";
export type { BuiltImage, BuiltLayer, ImageParts } from "./image.ts";
export {
  archiveOf,
  configOf,
  digestOf,
  dockerArchiveOf,
  layerOf,
  manifestOf,
  ociLayoutOf,
  writeFiles,
} from "./image.ts";
export { matchesPattern } from "./matches-pattern.ts";
export type { MountOptions } from "./mount.ts";
export { mountAt } from "./mount.ts";
export type { NatsServer, NatsServerOptions } from "./nats.ts";
export { natsUnavailable, startNats, startNatsCluster } from "./nats.ts";
export type { PostgresCluster, PostgresClusterOptions } from "./postgres.ts";
export { postgresUnavailable, sharedPostgres, startPostgres } from "./postgres.ts";
export type {
  LoopbackRegistry,
  PushedImage,
  RegistryAuth,
  RegistryFaults,
  RegistryRequest,
} from "./registry.ts";
export { startRegistry } from "./registry.ts";
export type { TarItem } from "./tar.ts";
export { tarEntryOf, tarOf } from "./tar.ts";
export type { TempDirectory } from "./temp-directory.ts";
export { tempDirectory } from "./temp-directory.ts";
export type { TypedJson } from "./type-errors.ts";
export { typeErrors } from "./type-errors.ts";
export type { ZipItem } from "./zip.ts";
export { zipOf } from "./zip.ts";
