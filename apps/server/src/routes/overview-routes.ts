import {
  AGENT_SILENT_AFTER_MS,
  type HostReply,
  hostStatus,
  type Overview,
  showHost,
  showLiveness,
  showOverview,
  showReadiness,
} from "@pratique/api";
import type { Binder } from "../bind.ts";
import type { Context } from "../context.ts";

const HOUR_MS = 3_600_000;
const HOURS = 24;
const healthy = { status: "ok" } as const;

/** The host, the sums, and whether the server is well. */
export function bindOverview(binder: Binder, context: Context): void {
  binder.bind(showHost, async () => await hostOf(context));
  binder.bind(showOverview, async () => await overviewOf(context));
  binder.bind(showLiveness, async () => healthy);
  binder.bind(showReadiness, async () => {
    await context.store.changes.last();
    return healthy;
  });
}

async function hostOf({ store, now }: Context): Promise<HostReply> {
  const host = await store.hosts.latest();
  const status = hostStatus.safeParse(host?.status);
  // A status that an earlier version took is not shown: the agent sends the next one within a minute.
  if (host === undefined || !status.success) {
    return { agent: "never", heardAt: null, acknowledged: 0, status: null };
  }
  const silent = now() - Date.parse(host.heardAt) > AGENT_SILENT_AFTER_MS;
  return {
    agent: silent ? "silent" : "reporting",
    heardAt: host.heardAt,
    acknowledged: await store.records.acknowledged(host.logId),
    status: status.data,
  };
}

async function overviewOf({ store, now }: Context): Promise<Overview> {
  const { total, worst, clean, notAssessed, findings } = await store.statistics.images();
  const first = Math.floor(now() / HOUR_MS) * HOUR_MS - (HOURS - 1) * HOUR_MS;
  const hours = Array.from({ length: HOURS }, (_, index) => ({
    from: new Date(first + index * HOUR_MS).toISOString(),
    allowed: 0,
    warned: 0,
    denied: 0,
    observed: 0,
  }));
  const launches = { allowed: 0, warned: 0, denied: 0, observed: 0 };
  for (const count of await store.statistics.launchesSince(new Date(first).toISOString())) {
    launches[count.outcome] += count.launches;
    const hour = hours.find(({ from }) => from.startsWith(count.hour));
    if (hour !== undefined) hour[count.outcome] += count.launches;
  }
  return { images: { total, worst, clean, notAssessed }, findings, launches, hours };
}
