import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { pageOf, pageQuery } from "./paging.ts";
import { count, digest, instant, name, text } from "./scalars.ts";
import { assessmentState } from "./scan-report.ts";

/** Counts of images; `docs/reference/statistics.md` defines each. */
const tally = z.strictObject({
  images: count,
  /** Those that could be assessed, in part at least: all shares are of these. */
  judged: count,
  /** With a finding that is critical or high. */
  high: count,
  /** With a finding that is critical, high or medium. */
  mediumOrHigh: count,
  /** `high` of `judged`, rounded half up to four places; null where none was judged. */
  highShare: z.number().min(0).max(1).nullable(),
  mediumOrHighShare: z.number().min(0).max(1).nullable(),
});

export type StatisticsTally = z.output<typeof tally>;

const group = tally.extend({ key: text });

export type StatisticsGroup = z.output<typeof group>;

/** At most so many groups of one kind are told; those with fewest images are left out. */
export const MAX_STATISTICS_GROUPS = 200;

const groups = z.strictObject({
  groups: z.array(group).max(MAX_STATISTICS_GROUPS),
  /** How many groups are not among them. */
  leftOut: count,
});

const day = tally.extend({
  /** `2026-11-24`: at its end in UTC, or at `asOf` on the last. */
  day: z.iso.date(),
});

const statistics = z.strictObject({
  /** The version of the definitions. */
  version: count,
  asOf: instant,
  all: tally,
  by: z.strictObject({ registry: groups, official: groups, age: groups, base: groups, team: groups }),
  days: z.array(day),
});

export type FleetStatistics = z.output<typeof statistics>;

const statisticsQuery = z.strictObject({
  days: z.coerce.number().int().min(1).max(366).default(30),
});

/** Counts the images that the caller may see. */
export const showStatistics = {
  id: "showStatistics",
  method: "GET",
  path: "/api/v1/statistics",
  on: "list",
  summary: "Counts images with high and medium findings by registry, age, base image and team, and by day",
  permission: "images.read",
  audit: "none",
  query: statisticsQuery,
  reply: statistics,
} as const satisfies Endpoint;

/** One image as the numbers see it. */
const statisticsImage = z.strictObject({
  imageId: digest,
  reference: text,
  repositories: z.array(text),
  created: instant.nullable(),
  base: text.nullable(),
  baseProved: z.boolean(),
  teams: z.array(text),
  assessment: assessmentState,
  critical: count,
  high: count,
  medium: count,
});

export type StatisticsImage = z.output<typeof statisticsImage>;

/** The rows from which all numbers but those of the days can be counted again. */
export const listStatisticsImages = {
  id: "listStatisticsImages",
  method: "GET",
  path: "/api/v1/statistics/images",
  on: "list",
  summary: "Lists the images that the statistics count, with all that they go by",
  permission: "images.read",
  audit: "none",
  query: z.strictObject(pageQuery),
  reply: pageOf(statisticsImage),
  csv: [
    "imageId",
    "reference",
    "repositories",
    "created",
    "base",
    "baseProved",
    "teams",
    "assessment",
    "critical",
    "high",
    "medium",
  ],
} as const satisfies Endpoint;

const statisticsState = z.strictObject({
  imageId: digest,
  since: instant,
  /** 5 for critical, 4 high, 3 medium, 2 low, 1 negligible, 0 unknown; -1 where nothing was found. */
  worst: z.int().min(-1).max(5),
  assessment: name,
});

/** The rows from which the days can be counted again. */
export const listStatisticsStates = {
  id: "listStatisticsStates",
  method: "GET",
  path: "/api/v1/statistics/states",
  on: "list",
  summary: "Lists since when each image has been how bad: what the statistics count days by",
  permission: "images.read",
  audit: "none",
  query: z.strictObject(pageQuery),
  reply: pageOf(statisticsState),
  csv: ["imageId", "since", "worst", "assessment"],
} as const satisfies Endpoint;

/** The same for whoever may open the server's socket: of all images. */
export const showStatisticsLocally = {
  id: "showStatisticsLocally",
  method: "GET",
  path: "/operator/v1/statistics",
  on: "installation",
  summary: "Counts all images, as the console does for those that one may see",
  permission: "operator",
  audit: "none",
  query: statisticsQuery,
  reply: statistics,
} as const satisfies Endpoint;

export const listStatisticsImagesLocally = {
  id: "listStatisticsImagesLocally",
  method: "GET",
  path: "/operator/v1/statistics/images",
  on: "installation",
  summary: "Lists all images that the statistics count, with all that they go by",
  permission: "operator",
  audit: "none",
  query: z.strictObject(pageQuery),
  reply: pageOf(statisticsImage),
} as const satisfies Endpoint;

export const listStatisticsStatesLocally = {
  id: "listStatisticsStatesLocally",
  method: "GET",
  path: "/operator/v1/statistics/states",
  on: "installation",
  summary: "Lists since when each image has been how bad",
  permission: "operator",
  audit: "none",
  query: z.strictObject(pageQuery),
  reply: pageOf(statisticsState),
} as const satisfies Endpoint;
