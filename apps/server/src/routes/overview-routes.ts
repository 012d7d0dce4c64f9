import type { Visibility } from "@pratique/access";
import { AGENT_SILENT_AFTER_MS, type Overview, showAttention, showOverview } from "@pratique/api";
import type { Binder } from "../bind.ts";
import type { Context } from "../context.ts";
import { attentionOf } from "../fleet/attention.ts";

const HOUR_MS = 3_600_000;
const HOURS = 24;

/** The sums. */
export function bindOverview(binder: Binder, context: Context): void {
  binder.bind(showAttention, async ({ caller }) => ({ items: await attentionOf(context, caller) }));
  binder.bind(showOverview, async ({ seen }) => await overviewOf(context, seen));
}

async function overviewOf(context: Context, seen: Visibility): Promise<Overview> {
  const { store, now } = context;
  const { total, worst, clean, notAssessed, findings } = await store.statistics.images(seen);
  const { running, withCritical } = await store.statistics.containers(seen);
  const first = Math.floor(now() / HOUR_MS) * HOUR_MS - (HOURS - 1) * HOUR_MS;
  const hours = Array.from({ length: HOURS }, (_, index) => ({
    from: new Date(first + index * HOUR_MS).toISOString(),
    allowed: 0,
    warned: 0,
    denied: 0,
    observed: 0,
  }));
  const launches = { allowed: 0, warned: 0, denied: 0, observed: 0 };
  for (const count of await store.statistics.launchesSince(new Date(first).toISOString(), seen)) {
    launches[count.outcome] += count.launches;
    const hour = hours.find(({ from }) => from.startsWith(count.hour));
    if (hour !== undefined) hour[count.outcome] += count.launches;
  }
  return {
    images: { total, worst, clean, notAssessed },
    findings,
    hosts: await countHosts(context, seen),
    containers: { running, withCritical },
    launches,
    hours,
  };
}

async function countHosts({ store, now }: Context, seen: Visibility): Promise<Overview["hosts"]> {
  const silentBefore = new Date(now() - AGENT_SILENT_AFTER_MS).toISOString();
  const { total, reporting, enforcing } = await store.statistics.hosts(seen, silentBefore);
  return { total, reporting, enforcing };
}
