export type { Account, Grant } from "./accounts.ts";
export {
  createAccount,
  createAccountLink,
  createGrant,
  deleteGrant,
  endAccountSessions,
  listAccountSessions,
  listAccounts,
  listGrants,
  showAccount,
  updateAccount,
} from "./accounts.ts";
export type { AgentCommand, AgentWork, IssuedCertificate } from "./agent.ts";
export {
  AGENT_RUN_HEADER,
  awaitWork,
  createSignInLink,
  joinHost,
  MAX_AGENT_BODY_BYTES,
  MAX_CONTAINERS,
  MAX_RECORDS_PER_BATCH,
  MAX_RULE_FILES,
  putContainers,
  putHost,
  putImage,
  putOutcome,
  putRecords,
  renewCertificate,
  showAcknowledged,
} from "./agent.ts";
export { showOpenApi } from "./api-document.ts";
export type { Approval, PendingApproval } from "./approvals.ts";
export {
  approve,
  listApprovals,
  pendingApproval,
  reject,
  showApproval,
  withdrawApproval,
} from "./approvals.ts";
export type { AuditEntry } from "./audit-log.ts";
export {
  eraseAuditOpenings,
  exportAuditEntries,
  listAuditEntries,
  readAuditCheckpoint,
  readAuditEntries,
  readAuditTile,
  showAuditProof,
  showAuditStatus,
} from "./audit-log.ts";
export type { Container, ContainerReport } from "./containers.ts";
export { containerReport, listContainers, showContainer } from "./containers.ts";
export type { DetectionRecordData, ResponseRecordData } from "./detection-record.ts";
export { detectionRecordData, responseRecordData } from "./detection-record.ts";
export type { DetectionEntry, DetectionSettings, ResponseEntry } from "./detections.ts";
export {
  listDetections,
  listResponses,
  putDetectionSettings,
  releaseResponse,
  reviewDetection,
  reviewStates,
  reviewVerdicts,
  showDetection,
  showDetectionSettings,
  showDetectionTimeline,
} from "./detections.ts";
export type {
  BodyOf,
  Endpoint,
  EndpointPermission,
  EndpointTarget,
  ParamsOf,
  QueryInputOf,
  QueryOf,
  ReplyOf,
} from "./endpoint.ts";
export { fillPath, pathOf } from "./endpoint.ts";
export { agentEndpoints, operatorEndpoints, publicEndpoints } from "./endpoints.ts";
export type { ChangeEvent } from "./events.ts";
export { changeEvent, streamEvents } from "./events.ts";
export type { ExceptionEntry } from "./exceptions.ts";
export {
  createException,
  listExceptions,
  listImageExceptionsLocally,
  showException,
  withdrawException,
} from "./exceptions.ts";
export type { FleetFinding, NewlyAffectedImage, Vulnerability } from "./findings.ts";
export { listFindings, listNewlyAffected, listVulnerabilities, showFindingTimeline } from "./findings.ts";
export { showHealth, showLiveness, showMetrics, showReadiness } from "./health.ts";
export type { GateState, HostEntry, HostStatus, JoinToken } from "./host.ts";
export {
  AGENT_SILENT_AFTER_MS,
  createJoinToken,
  createJoinTokenLocally,
  hostStatus,
  listHosts,
  listJoinTokens,
  revokeHost,
  revokeJoinToken,
  setGateMode,
  showHost,
} from "./host.ts";
export type { ChangedFinding, ImageDetail, ImageDiff, ImageFinding, ImageSummary } from "./images.ts";
export {
  diffImage,
  listImageFindings,
  listImageFindingsLocally,
  listImagePackages,
  listImageSecrets,
  listImages,
  listImagesLocally,
  scanImage,
  showImage,
  showImageLocally,
} from "./images.ts";
export type { LaunchRecordData } from "./launch-record.ts";
export { launchRecordData } from "./launch-record.ts";
export type { LaunchEntry, LaunchReason } from "./launches.ts";
export { listLaunches, showLaunch } from "./launches.ts";
export type { OpenApiObject } from "./open-api.ts";
export { openApiDocument } from "./open-api.ts";
export type { ContainerOrder, OrderedAction } from "./orders.ts";
export { isSomebodys, orderedActions, respondToContainer, showContainerOrders } from "./orders.ts";
export type { Attention, Overview } from "./overview.ts";
export { showAttention, showOverview } from "./overview.ts";
export type { PolicyEntry } from "./policies.ts";
export { deletePolicy, dryRunPolicy, lintPolicy, listPolicies, putPolicy, showPolicy } from "./policies.ts";
export type { Problem, ProblemCode } from "./problem.ts";
export { PROBLEM_TYPE, problem, problemCodes } from "./problem.ts";
export type { FilesInUse, ProfileEntry, ProfilesReport } from "./profiles.ts";
export {
  decideProfileItem,
  exportProfile,
  filesInUse,
  listProfiles,
  putProfiles,
  setProfileMode,
  showProfile,
} from "./profiles.ts";
export type { Registry, RegistryImageEntry, RegistryOptions } from "./registries.ts";
export {
  actOnRegistryLocally,
  deleteRegistry,
  deleteRegistryLocally,
  listRegistries,
  listRegistriesLocally,
  listRegistryImages,
  listRegistryImagesLocally,
  notePushes,
  pauseRegistry,
  pushPathOf,
  putRegistry,
  putRegistryLocally,
  registryOptions,
  resumeRegistry,
  retryRegistry,
  scanRegistryNow,
  showRegistry,
} from "./registries.ts";
export type { RoleEntry } from "./roles.ts";
export { deleteRole, listRoles, putRole } from "./roles.ts";
export type { RuleEntry, RuleFileEntry } from "./rules.ts";
export {
  deleteRuleFile,
  lintRuleFile,
  listRuleFiles,
  listRules,
  putRuleFile,
  showRule,
  showRuleFile,
  tryRuleFile,
} from "./rules.ts";
export type { ContainerRuntimeReport, RuntimeReport } from "./runtime.ts";
export {
  MAX_HOST_RULES,
  MAX_RULE_TAGS,
  MAX_RUNTIME_CONTAINERS,
  putRuntime,
  showContainerRuntime,
  showHostRuntime,
  showNetworkMap,
} from "./runtime.ts";
export type { SeverityCounts } from "./scalars.ts";
export { scanReport } from "./scan-report.ts";
export type { OpenSession, Session, SignInRefusal } from "./session.ts";
export {
  endOwnSession,
  finishOidc,
  listOwnSessions,
  listSignInMethods,
  MIN_PASSWORD_LENGTH,
  placeOfConsole,
  setPassword,
  showSession,
  signIn,
  signInRefusals,
  signInWithPassword,
  signOut,
  startOidc,
} from "./session.ts";
export type { Channel, Exporter, IdentityProvider, Retention, Routing, StoredRetention } from "./settings.ts";
export {
  channelSettings,
  deleteChannel,
  deleteExporter,
  deleteProvider,
  listChannels,
  listExporters,
  listProviders,
  putChannel,
  putExporter,
  putProvider,
  putRetention,
  putRouting,
  showRetention,
  showRouting,
  testChannel,
} from "./settings.ts";
export type { FleetStatistics, StatisticsGroup, StatisticsImage, StatisticsTally } from "./statistics.ts";
export {
  listStatisticsImages,
  listStatisticsImagesLocally,
  listStatisticsStates,
  listStatisticsStatesLocally,
  MAX_STATISTICS_GROUPS,
  showStatistics,
  showStatisticsLocally,
} from "./statistics.ts";
export type { ApiToken } from "./tokens.ts";
export {
  createToken,
  listOwnTokens,
  listTokens,
  MAX_TOKEN_DAYS,
  revokeOwnToken,
  revokeToken,
  TOKEN_PREFIX,
} from "./tokens.ts";
