import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { count, instant, severityCounts } from "./scalars.ts";

/** Launches of one hour. */
const launchHour = z.strictObject({
  from: instant,
  allowed: count,
  warned: count,
  denied: count,
  observed: count,
});

const overview = z.strictObject({
  images: z.strictObject({
    total: count,
    /** Images by the worst severity among their findings. */
    worst: severityCounts,
    /** Images that were assessed completely and have no findings. */
    clean: count,
    /** Images whose assessment is partial or none. */
    notAssessed: count,
  }),
  findings: severityCounts,
  /** The last 24 hours. */
  launches: z.strictObject({ allowed: count, warned: count, denied: count, observed: count }),
  /** 24 whole hours, oldest first; the last one is running. */
  hours: z.array(launchHour),
});

export type Overview = z.output<typeof overview>;

/** Sums up. */
export const showOverview = {
  id: "showOverview",
  method: "GET",
  path: "/api/v1/overview",
  summary: "Counts images, findings and launches, with the launches of each of the last 24 hours",
  permission: "overview.read",
  audit: "none",
  reply: overview,
} as const satisfies Endpoint;
