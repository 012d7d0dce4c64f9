import type { Visibility } from "@pratique/access";
import { AGENT_SILENT_AFTER_MS } from "@pratique/api";
import { parseCheckpoint } from "@pratique/audit";
import { messageOf } from "@pratique/core";
import { sealedTextPrefix } from "@pratique/sealing";
import type { Context } from "../context.ts";
import { CERTIFICATE_ENDS_SOON_MS } from "../fleet/certificate-ends-soon.ts";
import { recentDifference } from "../registries/layer-differences.ts";
import { countsOf } from "../runtime/priority-counts.ts";
import type { InstallationState } from "./installation-state.ts";

const everything: Visibility = [[{}]];
const MAX_JOBS = 50;
const DAY_MS = 86_400_000;

/** Asks every part. Throws nothing where the store is gone: that is an answer. */
export async function installationState(context: Context): Promise<InstallationState> {
  const started = performance.now();
  const certificateEndsAtMs = context.certificateEndsAt();
  try {
    await context.store.changes.last();
    const pingMs = performance.now() - started;
    const [jobs, audit, agents, notifications, encryption, busWaiting, runtime, layerIndexes] =
      await Promise.all([
        jobsOf(context),
        auditOf(context),
        agentsOf(context),
        notificationsOf(context),
        encryptionOf(context),
        context.bus.lag().catch(() => undefined),
        runtimeOf(context),
        layerIndexesOf(context),
      ]);
    return {
      store: { pingMs },
      jobs,
      audit,
      agents,
      notifications,
      layerIndexes,
      encryption,
      busWaiting,
      runtime,
      certificateEndsAtMs,
    };
  } catch (thrown) {
    return { ...unknown, certificateEndsAtMs, store: { failure: messageOf(thrown) } };
  }
}

const unknown = {
  jobs: { queued: 0, failed: 0, listed: [] },
  audit: { entries: 0, signed: 0, problem: undefined, witnesses: [], exporters: [] },
  notifications: { waiting: 0, channels: [], failing: [] },
  layerIndexes: { count: 0, bytes: 0, differing: [] },
  encryption: { provider: "", keys: {}, rotatedAt: "", waiting: 0 },
  busWaiting: undefined,
  agents: { total: 0, reporting: 0, silent: 0, gatesDown: 0, certificatesEndingSoon: 0 },
  runtime: { detections: countsOf([]), unlooked: 0, sensors: [], sensorsDown: 0 },
} as const;

/** What waits for its time alone, as each registry's next listing does, does not count, and hides nothing that does. */
async function jobsOf({ store: { jobs }, now }: Context): Promise<InstallationState["jobs"]> {
  const limit = MAX_JOBS;
  const due = await jobs.list({ state: "queued", dueMs: now(), limit });
  const running = await jobs.list({ state: "running", limit });
  const failed = await jobs.list({ state: "failed", limit });
  const counted = new Set(due.map(({ id }) => id));
  const queued = await jobs.list({ state: "queued", limit });
  const later = queued.filter(({ id }) => !counted.has(id)).slice(0, limit - due.length);
  return { queued: due.length, failed: failed.length, listed: [...due, ...later, ...running, ...failed] };
}

async function auditOf({ ledger, exports }: Context): Promise<InstallationState["audit"]> {
  const checkpoint = await ledger.storage.checkpoint();
  return {
    entries: (await ledger.storage.head()).size,
    signed: checkpoint === undefined ? 0 : parseCheckpoint(checkpoint).size,
    problem: ledger.problem,
    witnesses: ledger.witnesses.list(checkpoint),
    exporters: await exports.lags(),
  };
}

async function notificationsOf({ store, notifier }: Context): Promise<InstallationState["notifications"]> {
  const undelivered = await notifier.undelivered();
  const enabled = (await store.settings.channels.list()).filter((channel) => channel.enabled);
  return {
    waiting: [...undelivered.values()].reduce((sum, { waiting }) => sum + waiting, 0),
    channels: enabled.map(({ name }) => name),
    failing: enabled.filter(({ lastError }) => lastError !== null).map(({ name }) => name),
  };
}

async function layerIndexesOf({ store, now }: Context): Promise<InstallationState["layerIndexes"]> {
  const { count = 0, total = 0 } = (await store.registries.layerIndexes?.totals()) ?? {};
  const { hosts = [] } = (await recentDifference(store, now())) ?? {};
  return { count, bytes: total, differing: hosts };
}

async function encryptionOf({ store }: Context): Promise<InstallationState["encryption"]> {
  const { keyRecords, sealedValues } = store.settings;
  const held = (await keyRecords.list()).filter(({ use, state }) => use === "seal" && state !== "retired");
  const keys: Record<string, number> = {};
  let waiting = 0;
  for (const { id, purpose, state } of held) {
    keys[purpose] = (keys[purpose] ?? 0) + 1;
    if (state !== "active") waiting += await sealedValues.countWith(purpose, sealedTextPrefix(id));
  }
  return {
    provider: [...new Set(held.map(({ wrappedBy }) => wrappedBy))].sort().join(", "),
    keys,
    rotatedAt:
      held
        .map(({ since }) => since)
        .sort()
        .at(-1) ?? "",
    waiting,
  };
}

async function agentsOf({ store, now }: Context): Promise<InstallationState["agents"]> {
  const silentBefore = new Date(now() - AGENT_SILENT_AFTER_MS).toISOString();
  const soon = new Date(now() + CERTIFICATE_ENDS_SOON_MS).toISOString();
  const hosts = await store.statistics.hosts(everything, silentBefore);
  return {
    total: hosts.total,
    reporting: hosts.reporting,
    silent: hosts.silent,
    gatesDown: hosts.gateDown,
    certificatesEndingSoon: await store.statistics.certificatesEndingBefore(soon, everything),
  };
}

async function runtimeOf({ store, now }: Context): Promise<InstallationState["runtime"]> {
  const silentBefore = new Date(now() - AGENT_SILENT_AFTER_MS).toISOString();
  const lastDay = { since: new Date(now() - DAY_MS).toISOString(), seen: everything };
  const { failed, silent } = await store.statistics.sensors(everything, silentBefore);
  return {
    detections: countsOf(await store.runtime.detections.countByPriority(lastDay)),
    unlooked: (await store.runtime.detections.unlooked(lastDay)).count,
    sensors: await store.runtime.reports.sensors(silentBefore),
    sensorsDown: failed + silent,
  };
}
