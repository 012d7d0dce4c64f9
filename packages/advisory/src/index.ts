export { AdvisoryDatabase, type OpenOptions, openDatabase } from "./database/advisory-database.ts";
export type { StaleLimits } from "./database/age.ts";
export { type BuildOptions, type BuildResult, buildDatabase, type SourceFailure } from "./database/build.ts";
export { type AdvisoryDelta, type AdvisoryKey, compareDatabases } from "./database/compare.ts";
export type { MirrorState } from "./database/mirror-state.ts";
export { rememberedMirror } from "./database/previous.ts";
export type { BuildProgress } from "./database/read-source.ts";
export type { Sample, SourceLocation, SourceRecord } from "./database/source-record.ts";
export { type DatabaseStatus, readStatus, type SourceStatus } from "./database/status.ts";
export { type UpdateOptions, updateDatabase } from "./database/update.ts";
export { currentVersion, openVersion, pathOfVersion } from "./database/versions.ts";
export { AdvisoryError, type AdvisoryErrorCode } from "./errors.ts";
export { DirectoryMirror } from "./mirror/directory-mirror.ts";
export { HttpMirror } from "./mirror/http-mirror.ts";
export type { Blob } from "./mirror/manifest.ts";
export type { BlobRest, Mirror, WritableMirror } from "./mirror/mirror.ts";
export { type MirrorKey, parseMirrorKeys, parsePublisherKey } from "./mirror/mirror-key.ts";
export { type MirrorServer, serveMirror } from "./mirror/mirror-server.ts";
export { type PublishOptions, type PublishResult, publishDatabase } from "./mirror/publish.ts";
export {
  type MirrorUpdateOptions,
  type MirrorUpdateResult,
  updateFromMirror,
} from "./mirror/update-from-mirror.ts";
export { readers } from "./readers.ts";
export type { StarterIndex } from "./starter/starter.ts";
