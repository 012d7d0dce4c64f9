import { bindJoinTokens, bindLocalJoinTokens } from "../agents/join-token-routes.ts";
import type { Binder } from "../bind.ts";
import type { Context } from "../context.ts";
import { bindAccounts } from "./account-routes.ts";
import { bindApprovals } from "./approval-routes.ts";
import { bindAudit } from "./audit-routes.ts";
import { bindChannels } from "./channel-routes.ts";
import { bindContainers } from "./container-routes.ts";
import { bindDetections } from "./detection-routes.ts";
import { bindEvents } from "./event-routes.ts";
import { bindExceptions } from "./exception-routes.ts";
import { bindExporters } from "./exporter-routes.ts";
import { bindFindings } from "./finding-routes.ts";
import { bindGrants } from "./grant-routes.ts";
import { bindHealth } from "./health-routes.ts";
import { bindHosts } from "./host-routes.ts";
import { bindImages } from "./image-routes.ts";
import { bindIngest } from "./ingest-routes.ts";
import { bindLaunches } from "./launch-routes.ts";
import { bindLocalImages } from "./local-image-routes.ts";
import { bindMetrics } from "./metrics-routes.ts";
import { bindOidc } from "./oidc-routes.ts";
import { bindOpenApi } from "./open-api-routes.ts";
import { bindOperator } from "./operator-routes.ts";
import { bindOrders } from "./order-routes.ts";
import { bindOverview } from "./overview-routes.ts";
import { bindPolicies } from "./policy-routes.ts";
import { bindProfileReports, bindProfiles } from "./profile-routes.ts";
import { bindProviders } from "./provider-routes.ts";
import { bindLocalRegistries, bindRegistries } from "./registry-routes.ts";
import { bindRetention } from "./retention-routes.ts";
import { bindRoles } from "./role-routes.ts";
import { bindRouting } from "./routing-routes.ts";
import { bindRuleFiles, bindRules } from "./rule-routes.ts";
import { bindRuntime, bindRuntimeReports } from "./runtime-routes.ts";
import { bindSession } from "./session-routes.ts";
import { bindLocalStatistics, bindStatistics } from "./statistics-routes.ts";
import { bindTokens } from "./token-routes.ts";
import { bindWork } from "./work-routes.ts";

/** Binds the endpoints of one part of the contract. A new part is one file beside this one and one line below. */
export type BindRoutes = (binder: Binder, context: Context) => void;

/** What the console's listener answers. Sorted by name. */
export const publicRoutes: readonly BindRoutes[] = [
  bindAccounts,
  bindApprovals,
  bindAudit,
  bindChannels,
  bindContainers,
  bindDetections,
  bindEvents,
  bindExceptions,
  bindExporters,
  bindFindings,
  bindGrants,
  bindHealth,
  bindHosts,
  bindImages,
  bindJoinTokens,
  bindLaunches,
  bindMetrics,
  bindOidc,
  bindOpenApi,
  bindOrders,
  bindOverview,
  bindPolicies,
  bindProfiles,
  bindProviders,
  bindRegistries,
  bindRetention,
  bindRoles,
  bindRouting,
  bindRuleFiles,
  bindRules,
  bindRuntime,
  bindSession,
  bindStatistics,
  bindTokens,
];

/** What agents call. Sorted by name. */
export const agentRoutes: readonly BindRoutes[] = [
  bindIngest,
  bindProfileReports,
  bindRuntimeReports,
  bindWork,
];

/** What only the server's own machine calls. Sorted by name. */
export const operatorRoutes: readonly BindRoutes[] = [
  bindLocalImages,
  bindLocalJoinTokens,
  bindLocalRegistries,
  bindLocalStatistics,
  bindOperator,
];
