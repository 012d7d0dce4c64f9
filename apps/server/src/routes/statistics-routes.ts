import { type Visibility, visibility } from "@pratique/access";
import {
  type FleetStatistics,
  listStatisticsImages,
  listStatisticsImagesLocally,
  listStatisticsStates,
  listStatisticsStatesLocally,
  MAX_STATISTICS_GROUPS,
  type QueryOf,
  type ReplyOf,
  type StatisticsImage,
  type StatisticsTally,
  showStatistics,
  showStatisticsLocally,
} from "@pratique/api";
import { type ImageFacts, STATISTICS_VERSION, type Tally, type TallyGroup } from "@pratique/store";
import type { Binder } from "../bind.ts";
import type { Context } from "../context.ts";

/** Who sees all. */
const everything: Visibility = [[{}]];

interface Seen {
  readonly images: Visibility;
  readonly hosts: Visibility;
}

/** What can be counted of images, and what the counts rest on. */
export function bindStatistics(binder: Binder, context: Context): void {
  binder.bind(showStatistics, async ({ query, seen: images, caller }) => {
    const hosts = visibility(caller.principal, "hosts.read");
    return await statisticsOf(context, { images, hosts }, query.days);
  });
  binder.bind(listStatisticsImages, async ({ query, seen: images, caller }) => {
    const hosts = visibility(caller.principal, "hosts.read");
    return await imagesOf(context, { images, hosts }, query);
  });
  binder.bind(listStatisticsStates, async ({ query, seen }) => await statesOf(context, seen, query));
}

/** The same of all, for the server's own machine. */
export function bindLocalStatistics(binder: Binder, context: Context): void {
  const all = { images: everything, hosts: everything };
  binder.bind(showStatisticsLocally, async ({ query }) => await statisticsOf(context, all, query.days));
  binder.bind(listStatisticsImagesLocally, async ({ query }) => await imagesOf(context, all, query));
  binder.bind(listStatisticsStatesLocally, async ({ query }) => await statesOf(context, everything, query));
}

async function statisticsOf(
  { store, now }: Context,
  { images, hosts }: Seen,
  days: number,
): Promise<FleetStatistics> {
  const asOfMs = now();
  const { all, by } = await store.imageStatistics.tally(images, asOfMs, hosts);
  const timeline = await store.imageStatistics.days(images, asOfMs, days);
  return {
    version: STATISTICS_VERSION,
    asOf: new Date(asOfMs).toISOString(),
    all: withShares(all),
    by: {
      registry: groupsOf(by.registry),
      official: groupsOf(by.official),
      age: groupsOf(by.age),
      base: groupsOf(by.base),
      team: groupsOf(by.team),
    },
    days: timeline.map(({ day, ...tally }) => ({ day, ...withShares(tally) })),
  };
}

async function imagesOf(
  { store, now }: Context,
  { images: seen, hosts }: Seen,
  query: QueryOf<typeof listStatisticsImages>,
): Promise<ReplyOf<typeof listStatisticsImages>> {
  const { items, ...page } = await store.imageStatistics.facts({ ...query, seen, hosts }, now());
  return { ...page, items: items.map(imageOf) };
}

async function statesOf(
  { store }: Context,
  seen: Visibility,
  query: QueryOf<typeof listStatisticsStates>,
): Promise<ReplyOf<typeof listStatisticsStates>> {
  const { items, ...page } = await store.imageStatistics.states({ ...query, seen });
  return { ...page, items: items.map((item) => ({ ...item, imageId: imageId.parse(item.imageId) })) };
}

const assessment = listStatisticsImages.reply.shape.items.element.shape.assessment;
const imageId = listStatisticsImages.reply.shape.items.element.shape.imageId;

function imageOf(facts: ImageFacts): StatisticsImage {
  return {
    ...facts,
    imageId: imageId.parse(facts.imageId),
    repositories: [...facts.repositories],
    teams: [...facts.teams],
    assessment: assessment.catch("none").parse(facts.assessment),
  };
}

function groupsOf(groups: readonly TallyGroup[]): FleetStatistics["by"]["registry"] {
  const told = groups.slice(0, MAX_STATISTICS_GROUPS);
  return {
    groups: told.map(({ key, ...tally }) => ({ key, ...withShares(tally) })),
    leftOut: groups.length - told.length,
  };
}

function withShares(tally: Tally): StatisticsTally {
  const { judged, high, mediumOrHigh } = tally;
  return { ...tally, highShare: shareOf(high, judged), mediumOrHighShare: shareOf(mediumOrHigh, judged) };
}

/** To four places, half up, by whole numbers: whoever counts again comes to the same in any language. */
function shareOf(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.floor((20_000 * part + whole) / (2 * whole)) / 10_000;
}
