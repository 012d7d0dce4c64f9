export { backupStore } from "./backup/backup-store.ts";
export { exportStore } from "./backup/export-store.ts";
export { importStore } from "./backup/import-store.ts";
export type { NumberedChange } from "./change-feed.ts";
export type { Page } from "./cursor.ts";
export type { StoreErrorCode } from "./errors.ts";
export { StoreError } from "./errors.ts";
export type { StoredHost } from "./host-repository.ts";
export type { ImageQuery } from "./image-repository.ts";
export type { StoredImage } from "./image-row.ts";
export type {
  EnqueueOptions,
  Job,
  JobHandler,
  JobListQuery,
  JobQueue,
  JobRun,
  JobState,
  StoreTransaction,
  WorkOptions,
} from "./jobs/job-queue.ts";
export type { LaunchOutcome, LaunchProjection, LaunchQuery, StoredLaunch } from "./launch-repository.ts";
export type { PostgresOptions } from "./postgres/postgres-pool.ts";
export type { Acknowledgement, RecordBatch } from "./record-repository.ts";
export type { Grant, Granted } from "./session-repository.ts";
export type { Store, StoreOptions } from "./store.ts";
export { openStore } from "./store.ts";
