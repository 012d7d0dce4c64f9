import type { Visibility } from "@pratique/access";
import { AGENT_SILENT_AFTER_MS } from "@pratique/api";
import { parseCheckpoint } from "@pratique/audit";
import { messageOf } from "@pratique/core";
import type { Job } from "@pratique/store";
import type { ExporterLag } from "../audit/log-exports.ts";
import type { WitnessState } from "../audit/witness-board.ts";
import type { Context } from "../context.ts";
import { CERTIFICATE_ENDS_SOON_MS } from "../routes/host-routes.ts";

const everything: Visibility = [[{}]];
const MAX_JOBS = 50;

/** The parts of an installation as they are now, in numbers. What cannot be had is undefined, and says why. */
export interface InstallationState {
  readonly store: { readonly pingMs: number } | { readonly failure: string };
  readonly jobs: { readonly queued: number; readonly failed: number; readonly listed: readonly Job[] };
  readonly audit: {
    readonly entries: number;
    readonly signed: number;
    readonly witnesses: readonly WitnessState[];
    readonly exporters: readonly ExporterLag[];
  };
  readonly notificationsWaiting: number;
  readonly agents: {
    readonly total: number;
    readonly reporting: number;
    readonly silent: number;
    readonly gatesDown: number;
    readonly certificatesEndingSoon: number;
  };
}

/** Asks every part. Throws nothing where the store is gone: that is an answer. */
export async function installationState(context: Context): Promise<InstallationState> {
  const started = performance.now();
  try {
    await context.store.changes.last();
    const pingMs = performance.now() - started;
    const [jobs, audit, agents, waiting] = await Promise.all([
      jobsOf(context),
      auditOf(context),
      agentsOf(context),
      context.notifier.waiting(),
    ]);
    const notificationsWaiting = [...waiting.values()].reduce((sum, count) => sum + count, 0);
    return { store: { pingMs }, jobs, audit, agents, notificationsWaiting };
  } catch (thrown) {
    return { ...unknown, store: { failure: messageOf(thrown) } };
  }
}

const unknown = {
  jobs: { queued: 0, failed: 0, listed: [] },
  audit: { entries: 0, signed: 0, witnesses: [], exporters: [] },
  notificationsWaiting: 0,
  agents: { total: 0, reporting: 0, silent: 0, gatesDown: 0, certificatesEndingSoon: 0 },
} as const;

async function jobsOf({ store }: Context): Promise<InstallationState["jobs"]> {
  const states = await Promise.all(
    (["queued", "running", "failed"] as const).map((state) => store.jobs.list({ state, limit: MAX_JOBS })),
  );
  const [queued = [], , failed = []] = states;
  return { queued: queued.length, failed: failed.length, listed: states.flat() };
}

async function auditOf({ ledger, exports }: Context): Promise<InstallationState["audit"]> {
  const checkpoint = await ledger.storage.checkpoint();
  return {
    entries: (await ledger.storage.head()).size,
    signed: checkpoint === undefined ? 0 : parseCheckpoint(checkpoint).size,
    witnesses: ledger.witnesses.list(checkpoint),
    exporters: await exports.lags(),
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
