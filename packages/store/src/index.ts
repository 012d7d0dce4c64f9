export type { AuditEntryQuery, OpenCall, StoredAuditEntry } from "./audit/audit-entry-repository.ts";
export type { StoredExporter } from "./audit/exporter-repository.ts";
export type {
  OpeningSeal,
  SealedOpening,
  StoredOpening,
  UnsealedOpening,
} from "./audit/opening-repository.ts";
export { openingId } from "./audit/opening-repository.ts";
export { exportStore } from "./backup/export-store.ts";
export { importStore } from "./backup/import-store.ts";
export type { NumberedChange } from "./change-feed.ts";
export type { Page } from "./cursor.ts";
export type { StoreErrorCode } from "./errors.ts";
export { StoreError } from "./errors.ts";
export type { PastFinding } from "./findings/finding-history.ts";
export type { FindingQuery } from "./findings/finding-query.ts";
export type { FindingPage } from "./findings/finding-repository.ts";
export type { StoredFinding } from "./findings/finding-row.ts";
export type { FindingDay } from "./findings/finding-timeline.ts";
export type { NewlyAffectedImage, NewlyAffectedQuery } from "./findings/newly-affected-repository.ts";
export type { StoredVulnerability, VulnerabilityQuery } from "./findings/vulnerability-repository.ts";
export type { CommandOutcome, CommandState, NewCommand, StoredCommand } from "./fleet/command-repository.ts";
export type {
  ContainerListing,
  ContainerQuery,
  ContainerRow,
  StoredContainer,
} from "./fleet/container-repository.ts";
export type { ExceptionQuery, StoredException } from "./fleet/exception-repository.ts";
export { FleetStore } from "./fleet/fleet-store.ts";
export type { HostIdentity, IdentityState, IssuedIdentity } from "./fleet/host-identity-repository.ts";
export type { ImageLocation } from "./fleet/image-location-repository.ts";
export type { ImageName, ImageSighting } from "./fleet/image-names.ts";
export type { NewJoinToken, StoredJoinToken } from "./fleet/join-token-repository.ts";
export type { Labels } from "./fleet/labels.ts";
export type { PolicyChange, StoredPolicy } from "./fleet/policy-repository.ts";
export { repositoryOf } from "./fleet/repository-name.ts";
export { seesEverything } from "./fleet/sight.ts";
export type { HostQuery, HostReport, HostRevisions, StoredHost } from "./host-repository.ts";
export type { ImageDispute } from "./image-dispute.ts";
export type { StoredBase } from "./image-origin.ts";
export type { ImageQuery } from "./image-repository.ts";
export type { StoredImage } from "./image-row.ts";
export type {
  Dimension,
  ImageFacts,
  ImageTallies,
  Tally,
  TallyDay,
  TallyGroup,
} from "./image-statistics/tally.ts";
export { STATISTICS_VERSION } from "./image-statistics/tally.ts";
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
export type {
  LaunchOutcome,
  LaunchProjection,
  LaunchQuery,
  RecordedLaunch,
  StoredLaunch,
} from "./launch-repository.ts";
export { APPLIED_ADVISORIES } from "./packages/note-packages.ts";
export type { AffectedImage, ImagePackages, StoredInstance } from "./packages/package-repository.ts";
export type { AccountState, StoredAccount } from "./people/account-repository.ts";
export type { StoredSession } from "./people/account-session-repository.ts";
export type { ApprovalMove, ApprovalState, StoredApproval } from "./people/approval-repository.ts";
export type { Holder, StoredGrant } from "./people/grant-repository.ts";
export { PeopleStore } from "./people/people-store.ts";
export type { StoredProvider } from "./people/provider-repository.ts";
export type { StoredRole } from "./people/role-repository.ts";
export type {
  AttemptsByKey,
  SignInAttemptRepository,
  StoredAttempts,
} from "./people/sign-in-attempt-repository.ts";
export type { StoredToken } from "./people/token-repository.ts";
export type { PostgresOptions } from "./postgres/postgres-pool.ts";
export { postgresUrls } from "./postgres-urls.ts";
export type { RecordBatch } from "./record-batch.ts";
export type { Acknowledgement, ChainPlace } from "./record-intake.ts";
export type {
  LayerIndexClaim,
  LayerIndexHolder,
  LayerIndexRepository,
  StoredLayerIndex,
} from "./registries/layer-index-repository.ts";
export { LIST_REGISTRY, SCAN_REGISTRY, WAKE_REGISTRY } from "./registries/registry-jobs.ts";
export type { ListedRegistryImage, ListingRetry, RegistryListing } from "./registries/registry-listings.ts";
export type {
  ClaimedImage,
  RegistryImageOutcome,
  RegistryImageQuery,
} from "./registries/registry-queue.ts";
export type {
  RegistryFault,
  RegistryImageCounts,
  RegistryImageState,
  RegistrySetting,
  StoredRegistry,
  StoredRegistryImage,
} from "./registries/registry-row.ts";
export { forgetContainers } from "./retention/forget-containers.ts";
export type { LegalHold, LegalHoldScope } from "./retention/legal-hold-repository.ts";
export type { RetentionCounts, RetentionPolicy } from "./retention/retain.ts";
export { retain } from "./retention/retain.ts";
export type {
  DetectionCount,
  DetectionQuery,
  PriorityCount,
  RuleCount,
  StoredDetection,
} from "./runtime/detection-repository.ts";
export type {
  LearnedProfile,
  ProfileListing,
  StoredProfile,
  StoredProfileSummary,
} from "./runtime/profile-repository.ts";
export type { ResponseQuery, StoredResponse } from "./runtime/response-repository.ts";
export type {
  DetectionProjection,
  ResponseProjection,
  RuntimeProjection,
} from "./runtime/runtime-projection.ts";
export type {
  ContainerRuntimeRow,
  HostRules,
  HostRuntime,
  HostSensor,
  RuntimeListing,
  SensorReport,
  StoredContainerRuntime,
} from "./runtime/runtime-repository.ts";
export type { StoredChannel } from "./settings/channel-repository.ts";
export type { StoredKeyRecord } from "./settings/key-record-repository.ts";
export type { Lease } from "./settings/lease-repository.ts";
export type {
  NewNotice,
  PendingNotification,
  PendingNotificationChange,
  WaitingNotice,
} from "./settings/notice-repository.ts";
export type { StoredSealedValue } from "./settings/sealed-value-repository.ts";
export type { StoredServer } from "./settings/server-repository.ts";
export type { StoredSetting } from "./settings/setting-repository.ts";
export { SettingsStore } from "./settings/settings-store.ts";
export type {
  RecordRange,
  WatchedHost,
  WatchedImage,
  WatchedLaunch,
  WatchedRuntime,
} from "./settings/watch-repository.ts";
export type { Store, StoreOptions } from "./store.ts";
export { openStore } from "./store.ts";
export type { StoreObserver } from "./store-observer.ts";
