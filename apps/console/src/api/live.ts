import type { Endpoint } from "@pratique/api";
import {
  type ChangeEvent,
  changeEvent,
  listAccounts,
  listApprovals,
  listChannels,
  listContainers,
  listDetections,
  listExceptions,
  listExporters,
  listFindings,
  listGrants,
  listHosts,
  listImageFindings,
  listImagePackages,
  listImages,
  listLaunches,
  listNewlyAffected,
  listOwnSessions,
  listPolicies,
  listProviders,
  listRegistries,
  listRegistryImages,
  listResponses,
  listRoles,
  listRuleFiles,
  listRules,
  listTokens,
  listVulnerabilities,
  pathOf,
  showApproval,
  showAttention,
  showContainer,
  showContainerOrders,
  showContainerRuntime,
  showDetection,
  showDetectionTimeline,
  showException,
  showHost,
  showHostRuntime,
  showImage,
  showLaunch,
  showNetworkMap,
  showOverview,
  showPolicy,
  showRetention,
  showRouting,
  showRule,
  showRuleFile,
  showSession,
  streamEvents,
} from "@pratique/api";
import type { QueryClient } from "@tanstack/react-query";

/**
 * `live`: what is shown is what the server knows. `lost`: the stream is down and being opened again. `off`: the
 * session may not hear of changes.
 */
export type LiveState = "live" | "lost" | "off";

const GATHER_MS = 250;
/** A busy fleet changes all the time: nothing is read again sooner than this after the last time. */
const REST_MS = 3_000;
const REOPEN_MS = 3_000;

/** What to read again when something of a kind has changed. */
const affected: Readonly<Record<Exclude<ChangeEvent["kind"], "reset">, readonly Endpoint[]>> = {
  image: [
    listImages,
    showImage,
    listImageFindings,
    listImagePackages,
    listFindings,
    listVulnerabilities,
    listNewlyAffected,
    listContainers,
    showContainer,
    showOverview,
    showAttention,
  ],
  "newly-affected": [listNewlyAffected, listFindings, listVulnerabilities],
  launch: [listLaunches, showLaunch, listImages, showImage, showContainer, showOverview],
  host: [listHosts, showHost, showContainerOrders, showOverview, showAttention],
  containers: [
    listContainers,
    showContainer,
    listNewlyAffected,
    listHosts,
    showHost,
    showOverview,
    showAttention,
  ],
  detection: [
    listDetections,
    showDetection,
    showDetectionTimeline,
    listResponses,
    showOverview,
    showAttention,
  ],
  runtime: [showContainerRuntime, showHostRuntime, showNetworkMap],
  policy: [
    listPolicies,
    showPolicy,
    listRuleFiles,
    showRuleFile,
    listRules,
    showRule,
    listHosts,
    showHost,
    showAttention,
  ],
  exception: [listExceptions, showException, listHosts, showHost, showAttention],
  approval: [listApprovals, showApproval, showAttention],
  access: [showSession, listAccounts, listRoles, listGrants, listTokens, listOwnSessions],
  settings: [listChannels, listExporters, listProviders, showRouting, showRetention],
  registry: [listRegistries, listRegistryImages],
};

/**
 * Reads the server's changes, and has what they touch read again. Changes that come close together are gathered.
 * Returns what ends it.
 */
export function followChanges(client: QueryClient, onState: (state: LiveState) => void): () => void {
  const stale = new Set<string>();
  let everything = false;
  let refreshedAt = Number.NEGATIVE_INFINITY;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let reopening: ReturnType<typeof setTimeout> | undefined;
  let source: EventSource | undefined;
  let isLost = false;

  const refresh = () => {
    timer = undefined;
    refreshedAt = performance.now();
    if (everything) void client.invalidateQueries();
    else for (const id of stale) void client.invalidateQueries({ queryKey: [id] });
    everything = false;
    stale.clear();
  };
  const note = (kind: ChangeEvent["kind"]) => {
    if (kind === "reset") everything = true;
    else for (const { id } of affected[kind]) stale.add(id);
    timer ??= setTimeout(refresh, Math.max(GATHER_MS, refreshedAt + REST_MS - performance.now()));
  };
  const open = () => {
    source = new EventSource(pathOf(streamEvents));
    source.addEventListener("open", () => {
      // What could not be read meanwhile did not change for that, so that no event tells of it.
      if (isLost) note("reset");
      isLost = false;
      onState("live");
    });
    source.addEventListener("change", ({ data }: MessageEvent<string>) => {
      const event = changeEvent.safeParse(JSON.parse(data));
      note(event.success ? event.data.kind : "reset");
    });
    source.addEventListener("error", () => {
      isLost = true;
      onState("lost");
      // The browser tries again by itself after a broken connection, but not after a refusal.
      if (source?.readyState !== EventSource.CLOSED) return;
      void client.invalidateQueries({ queryKey: [showSession.id] });
      reopening = setTimeout(open, REOPEN_MS);
    });
  };

  open();
  return () => {
    clearTimeout(timer);
    clearTimeout(reopening);
    source?.close();
  };
}
