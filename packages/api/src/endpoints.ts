import {
  createAccount,
  createAccountLink,
  createGrant,
  deleteGrant,
  endAccountSessions,
  listAccounts,
  listGrants,
  showAccount,
  updateAccount,
} from "./accounts.ts";
import {
  awaitWork,
  createSignInLink,
  joinHost,
  putContainers,
  putHost,
  putImage,
  putOutcome,
  putRecords,
  renewCertificate,
  showAcknowledged,
} from "./agent.ts";
import { approve, listApprovals, reject, showApproval, withdrawApproval } from "./approvals.ts";
import { listAuditEntries, showAuditProof, showAuditStatus } from "./audit-log.ts";
import { killContainer, listContainers, showContainer } from "./containers.ts";
import type { Endpoint } from "./endpoint.ts";
import { streamEvents } from "./events.ts";
import { createException, listExceptions, withdrawException } from "./exceptions.ts";
import { listFindings, listVulnerabilities, showFindingTimeline } from "./findings.ts";
import { showHealth, showLiveness, showMetrics, showReadiness } from "./health.ts";
import {
  createJoinToken,
  createJoinTokenLocally,
  listHosts,
  listJoinTokens,
  revokeHost,
  revokeJoinToken,
  setGateMode,
  showHost,
} from "./host.ts";
import { listImageFindings, listImagePackages, listImages, scanImage, showImage } from "./images.ts";
import { listLaunches, showLaunch } from "./launches.ts";
import { showAttention, showOverview } from "./overview.ts";
import { deletePolicy, dryRunPolicy, lintPolicy, listPolicies, putPolicy, showPolicy } from "./policies.ts";
import { deleteRole, listRoles, putRole } from "./roles.ts";
import {
  finishOidc,
  listSignInMethods,
  setPassword,
  showSession,
  signIn,
  signInWithPassword,
  signOut,
  startOidc,
} from "./session.ts";
import {
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
import { createToken, listOwnTokens, listTokens, revokeOwnToken, revokeToken } from "./tokens.ts";

/** What the console's listener answers. Sorted by path, then method. */
export const publicEndpoints: readonly Endpoint[] = [
  listAccounts,
  createAccount,
  showAccount,
  updateAccount,
  createAccountLink,
  endAccountSessions,
  listApprovals,
  showApproval,
  approve,
  reject,
  withdrawApproval,
  showAttention,
  listAuditEntries,
  showAuditStatus,
  showAuditProof,
  listChannels,
  deleteChannel,
  putChannel,
  testChannel,
  listContainers,
  showContainer,
  killContainer,
  streamEvents,
  listExceptions,
  createException,
  withdrawException,
  listExporters,
  deleteExporter,
  putExporter,
  listFindings,
  showFindingTimeline,
  listGrants,
  createGrant,
  deleteGrant,
  showHealth,
  listHosts,
  showHost,
  setGateMode,
  revokeHost,
  listProviders,
  deleteProvider,
  putProvider,
  listImages,
  showImage,
  listImageFindings,
  listImagePackages,
  scanImage,
  listJoinTokens,
  createJoinToken,
  revokeJoinToken,
  listLaunches,
  showLaunch,
  showOverview,
  listPolicies,
  deletePolicy,
  showPolicy,
  putPolicy,
  dryRunPolicy,
  lintPolicy,
  showRetention,
  putRetention,
  listRoles,
  deleteRole,
  putRole,
  showRouting,
  putRouting,
  signOut,
  showSession,
  signIn,
  startOidc,
  finishOidc,
  signInWithPassword,
  setPassword,
  listOwnTokens,
  createToken,
  revokeOwnToken,
  listSignInMethods,
  listTokens,
  revokeToken,
  listVulnerabilities,
  showLiveness,
  showMetrics,
  showReadiness,
];

/** What agents call, with their certificate; on the server's own host through its socket. Sorted like the others. */
export const agentEndpoints: readonly Endpoint[] = [
  showAcknowledged,
  renewCertificate,
  putOutcome,
  putContainers,
  putHost,
  putImage,
  joinHost,
  putRecords,
  awaitWork,
];

/** What whoever may open the server's socket can call. */
export const operatorEndpoints: readonly Endpoint[] = [createJoinTokenLocally, createSignInLink];
