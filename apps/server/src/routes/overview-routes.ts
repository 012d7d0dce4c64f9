import { shows } from "@pratique/access";
import { AGENT_SILENT_AFTER_MS, hostStatus, type Overview, showOverview } from "@pratique/api";
import type { Binder } from "../bind.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";

const HOUR_MS = 3_600_000;
const HOURS = 24;

/** The sums. */
export function bindOverview(binder: Binder, context: Context): void {
  binder.bind(showOverview, async ({ seen }) => {
    // Sums over everything tell of everything: who sees a part of the fleet has to be shown sums of that part.
    if (!shows(seen, {})) throw new ServerError("PERMISSION_DENIED", "the sums are of the whole fleet");
    return await overviewOf(context);
  });
}

async function overviewOf(context: Context): Promise<Overview> {
  const { store, now } = context;
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
  return {
    images: { total, worst, clean, notAssessed },
    findings,
    hosts: await countHosts(context),
    containers: { running: 0, withCritical: 0 },
    launches,
    hours,
  };
}

async function countHosts({ store, now }: Context): Promise<Overview["hosts"]> {
  const host = await store.hosts.latest();
  if (host === undefined) return { total: 0, reporting: 0, enforcing: 0 };
  const reporting = now() - Date.parse(host.heardAt) <= AGENT_SILENT_AFTER_MS;
  const enforcing = hostStatus.safeParse(host.status).data?.gate.state === "enforcing";
  return { total: 1, reporting: Number(reporting), enforcing: Number(reporting && enforcing) };
}
