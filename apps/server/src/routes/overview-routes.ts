import { holdsAnywhere, type Visibility, visibility } from "@pratique/access";
import { AGENT_SILENT_AFTER_MS, type Overview, showAttention, showOverview } from "@pratique/api";
import type { Binder } from "../bind.ts";
import type { Caller } from "../calls/caller.ts";
import type { Context } from "../context.ts";
import { attentionOf } from "../fleet/attention.ts";
import { countsOf } from "../runtime/priority-counts.ts";

const HOUR_MS = 3_600_000;
const HOURS = 24;

/** The sums. */
export function bindOverview(binder: Binder, context: Context): void {
  binder.bind(showAttention, async ({ caller }) => ({ items: await attentionOf(context, caller) }));
  binder.bind(showOverview, async ({ caller, seen }) => await overviewOf(context, caller, seen));
}

async function overviewOf(context: Context, caller: Caller, seen: Visibility): Promise<Overview> {
  const { store, now } = context;
  const first = Math.floor(now() / HOUR_MS) * HOUR_MS - (HOURS - 1) * HOUR_MS;
  // Asked together: each answer is waited for behind whatever else the server does.
  const [images, containers, counted, hosts, detections, sensors] = await Promise.all([
    store.statistics.images(seen),
    store.statistics.containers(seen),
    store.statistics.launchesSince(new Date(first).toISOString(), seen),
    countHosts(context, seen),
    countDetections(context, caller),
    countSensors(context, seen),
  ]);
  const { total, worst, clean, notAssessed, findings } = images;
  const hours = Array.from({ length: HOURS }, (_, index) => ({
    from: new Date(first + index * HOUR_MS).toISOString(),
    allowed: 0,
    warned: 0,
    denied: 0,
    observed: 0,
  }));
  const launches = { allowed: 0, warned: 0, denied: 0, observed: 0 };
  for (const count of counted) {
    launches[count.outcome] += count.launches;
    const hour = hours.find(({ from }) => from.startsWith(count.hour));
    if (hour !== undefined) hour[count.outcome] += count.launches;
  }
  return {
    images: { total, worst, clean, notAssessed },
    findings,
    hosts,
    containers: { running: containers.running, withCritical: containers.withCritical },
    detections,
    sensors,
    launches,
    hours,
  };
}

/** By what somebody may read of detections, and not of the overview: a rule tells more than a number of hosts. */
async function countDetections(
  { store, now }: Context,
  { principal }: Caller,
): Promise<Overview["detections"]> {
  if (!holdsAnywhere(principal, "detections.read")) return countsOf([]);
  const since = new Date(now() - HOURS * HOUR_MS).toISOString();
  const seen = visibility(principal, "detections.read");
  return countsOf(await store.runtime.detections.countByPriority({ since, seen }));
}

async function countSensors({ store, now }: Context, seen: Visibility): Promise<Overview["sensors"]> {
  const silentBefore = new Date(now() - AGENT_SILENT_AFTER_MS).toISOString();
  const { running, failed, silent } = await store.statistics.sensors(seen, silentBefore);
  return { running, notRunning: failed + silent };
}

async function countHosts({ store, now }: Context, seen: Visibility): Promise<Overview["hosts"]> {
  const silentBefore = new Date(now() - AGENT_SILENT_AFTER_MS).toISOString();
  const { total, reporting, enforcing } = await store.statistics.hosts(seen, silentBefore);
  return { total, reporting, enforcing };
}
