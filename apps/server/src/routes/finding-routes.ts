import {
  type FleetFinding,
  listFindings,
  listNewlyAffected,
  listVulnerabilities,
  showFindingTimeline,
  type Vulnerability,
} from "@pratique/api";
import { type StoredFinding, type StoredVulnerability, seesEverything } from "@pratique/store";
import type { Binder } from "../bind.ts";
import type { Context } from "../context.ts";

const DAY_MS = 86_400_000;
/** For so long it is news that something became known. */
const NEWS_MS = 7 * DAY_MS;
const MAX_PACKAGES = 20;

/** The findings of all images, and the vulnerabilities behind them. */
export function bindFindings(binder: Binder, { store, now }: Context): void {
  binder.bind(listFindings, async ({ query, seen }) => {
    const { items, nextCursor, total } = await store.findings.list({ ...query, seen });
    const images = [...new Set(items.map(({ imageId }) => imageId))];
    const running = await store.fleet.containers.running(images, seen);
    return {
      items: items.map((item) => findingOf(item, running.get(item.imageId) ?? 0)),
      nextCursor,
      total,
    };
  });

  binder.bind(listNewlyAffected, async ({ query, seen }) => {
    const since = query.since ?? new Date(now() - NEWS_MS).toISOString();
    const { items, nextCursor, total, running } = await store.newlyAffected.list({ ...query, since, seen });
    const containers = await store.fleet.containers.running(
      items.map(({ imageId }) => imageId),
      seen,
    );
    return {
      items: items.map(({ severities, worst, ...item }) => ({
        ...item,
        ...severities,
        worst: [...worst],
        running: containers.get(item.imageId) ?? 0,
      })),
      nextCursor,
      total,
      running,
    };
  });

  binder.bind(listVulnerabilities, async ({ query, seen }) => {
    const { items, nextCursor, total } = await store.vulnerabilities.list({ ...query, seen });
    const ids = items.map(({ id }) => id);
    const details = await store.vulnerabilities.details(ids, { seen, maxPackages: MAX_PACKAGES });
    return {
      items: items.map((item) => vulnerabilityOf(item, details.get(item.id))),
      nextCursor,
      total,
    };
  });

  binder.bind(showFindingTimeline, async ({ query, seen }) => {
    // The counts of the past are of everything: who sees a part of it has no past of that part.
    if (!seesEverything(seen)) return { days: [] };
    const today = now();
    const days = await store.timeline.between(dayOf(today - (query.days - 1) * DAY_MS), dayOf(today));
    return { days: days.map(({ day, severities }) => ({ day, ...severities })) };
  });
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

const statusSchema = listFindings.reply.shape.items.element.shape.status;

function findingOf(found: StoredFinding, running: number): FleetFinding {
  const { firstSeen, suppressedBy, status, ...rest } = found;
  return {
    ...rest,
    status: statusSchema.catch("affected").parse(status),
    firstSeenAt: firstSeen,
    suppressed: suppressedBy !== undefined,
    running,
  };
}

interface Details {
  readonly packages: readonly string[];
  readonly firstSeenAt: string;
  readonly running: number;
}

function vulnerabilityOf(found: StoredVulnerability, details: Details | undefined): Vulnerability {
  const { id, images, worst, fixable, knownExploited, epss } = found;
  return {
    id,
    severity: worst,
    images,
    running: details?.running ?? 0,
    fixable: fixable > 0,
    knownExploited,
    ...(epss !== undefined && { epss }),
    packages: [...(details?.packages ?? [])],
    firstSeenAt: details?.firstSeenAt || new Date(0).toISOString(),
  };
}
