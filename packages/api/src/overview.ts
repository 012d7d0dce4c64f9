import { z } from "zod";
import { priorityCounts } from "./detection-record.ts";
import type { Endpoint } from "./endpoint.ts";
import { count, instant, name, severityCounts, text } from "./scalars.ts";

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
  hosts: z.strictObject({ total: count, reporting: count, enforcing: count }),
  containers: z.strictObject({ running: count, withCritical: count }),
  /** What rules detected in the last 24 hours; nothing for those who may not read of it. */
  detections: priorityCounts,
  /** Of the hosts that report, those that watch their containers and those that should and do not. */
  sensors: z.strictObject({ running: count, notRunning: count }),
  /** The last 24 hours. */
  launches: z.strictObject({ allowed: count, warned: count, denied: count, observed: count }),
  /** 24 whole hours, oldest first; the last one is running. */
  hours: z.array(launchHour),
});

export type Overview = z.output<typeof overview>;

/** Something that needs a person today, worst first. */
const attention = z.strictObject({
  kind: z.enum([
    "approval-waiting",
    "agent-silent",
    "agent-cloned",
    "gate-down",
    "gate-not-enforcing",
    "policy-error",
    "advisories-stale",
    "images-not-assessed",
    "image-disputed",
    "exception-ends-soon",
    "certificate-ends-soon",
    "audit-problem",
    "delivery-failing",
    "channel-failing",
    "detection-urgent",
    "sensor-down",
    "exploited-running",
  ]),
  severity: z.enum(["critical", "high", "medium", "info"]),
  title: text,
  /** Where in the console to go. */
  link: name,
  count,
  since: instant.nullable(),
});

export type Attention = z.output<typeof attention>;

/** Tells what needs a person. */
export const showAttention = {
  id: "showAttention",
  method: "GET",
  path: "/api/v1/attention",
  on: "list",
  summary: "Tells what needs a person today, worst first",
  permission: "overview.read",
  audit: "none",
  reply: z.strictObject({ items: z.array(attention) }),
} as const satisfies Endpoint;

/** Sums up. */
export const showOverview = {
  id: "showOverview",
  method: "GET",
  path: "/api/v1/overview",
  summary: "Counts images, findings and launches, with the launches of each of the last 24 hours",
  permission: "overview.read",
  on: "list",
  audit: "none",
  reply: overview,
} as const satisfies Endpoint;
