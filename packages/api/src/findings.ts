import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { pageOf, pageQuery } from "./paging.ts";
import { count, digest, instant, name, severity, text } from "./scalars.ts";
import { findingStatus } from "./scan-report.ts";

/** A finding of one image, among those of the whole fleet. */
const fleetFinding = z.strictObject({
  id: name,
  imageId: digest,
  reference: text,
  packageName: text,
  packageVersion: text,
  packageType: name,
  severity,
  status: findingStatus,
  fixedVersion: name.exactOptional(),
  knownExploited: z.boolean(),
  epss: z.number().exactOptional(),
  source: name,
  /** When it was first found in this image. */
  firstSeenAt: instant,
  /** How urgent it is by what the finding brings itself, 0 to 85: not by how its image runs. */
  risk: count.max(100),
  suppressed: z.boolean(),
  /** Containers that run this image now. */
  running: count,
});

export type FleetFinding = z.output<typeof fleetFinding>;

const findingFilter = {
  /** Any part of the identifier or of the package's name, case ignored. */
  text: z.string().max(256).exactOptional(),
  severity: z.enum(["critical", "high", "medium", "low"]).exactOptional(),
  fixable: z.stringbool().exactOptional(),
  knownExploited: z.stringbool().exactOptional(),
  running: z.stringbool().exactOptional(),
  imageId: digest.exactOptional(),
  firstSeenAfter: instant.exactOptional(),
};

export const listFindings = {
  id: "listFindings",
  method: "GET",
  path: "/api/v1/findings",
  on: "list",
  summary: "Lists the findings of all images",
  permission: "findings.read",
  audit: "none",
  query: z.strictObject({
    ...pageQuery,
    ...findingFilter,
    /** The whole identifier, as it is written. */
    id: name.min(1).exactOptional(),
    sort: z.enum(["risk", "severity", "epss", "firstSeen", "id"]).default("risk"),
    order: z.enum(["asc", "desc"]).default("desc"),
  }),
  reply: pageOf(fleetFinding),
  csv: [
    "id",
    "severity",
    "packageName",
    "packageVersion",
    "fixedVersion",
    "status",
    "knownExploited",
    "epss",
    "reference",
    "imageId",
    "running",
    "firstSeenAt",
    "risk",
  ],
} as const satisfies Endpoint;

/** A vulnerability with all images that have it. */
const vulnerability = z.strictObject({
  id: name,
  severity,
  images: count,
  running: count,
  fixable: z.boolean(),
  knownExploited: z.boolean(),
  epss: z.number().exactOptional(),
  packages: z.array(text).max(20),
  firstSeenAt: instant,
});

export type Vulnerability = z.output<typeof vulnerability>;

export const listVulnerabilities = {
  id: "listVulnerabilities",
  method: "GET",
  path: "/api/v1/vulnerabilities",
  on: "list",
  summary: "Lists the vulnerabilities that were found, each with the number of images that have it",
  permission: "findings.read",
  audit: "none",
  query: z.strictObject({
    ...pageQuery,
    ...findingFilter,
    sort: z.enum(["severity", "images", "epss", "id"]).default("severity"),
    order: z.enum(["asc", "desc"]).default("desc"),
  }),
  reply: pageOf(vulnerability),
  csv: ["id", "severity", "images", "running", "fixable", "knownExploited", "epss", "firstSeenAt"],
} as const satisfies Endpoint;

/** An image of whose packages, unchanged, advisories began to tell something after it was scanned. */
const newlyAffectedImage = z.strictObject({
  imageId: digest,
  reference: text,
  /** Containers that run it now. */
  running: count,
  /** When the last of it became known. */
  affectedAt: instant,
  /** Vulnerabilities by how bad they are in this image. */
  critical: count,
  high: count,
  medium: count,
  low: count,
  negligible: count,
  unknown: count,
  /** How many of them an update mends. */
  fixable: count,
  knownExploited: count,
  /** Some of them, the worst first. */
  worst: z.array(name).max(5),
});

export type NewlyAffectedImage = z.output<typeof newlyAffectedImage>;

export const listNewlyAffected = {
  id: "listNewlyAffected",
  method: "GET",
  path: "/api/v1/newly-affected",
  on: "list",
  summary: "Lists images that new advisories affect, those first that run",
  permission: "findings.read",
  audit: "none",
  query: z.strictObject({
    ...pageQuery,
    /** What became known later; of the last 7 days where it is absent. */
    since: instant.exactOptional(),
    severity: z.enum(["critical", "high", "medium", "low"]).exactOptional(),
    running: z.stringbool().exactOptional(),
  }),
  reply: pageOf(newlyAffectedImage).extend({
    /** How many of all these images some container runs. */
    running: count,
  }),
  csv: [
    "reference",
    "imageId",
    "running",
    "affectedAt",
    "critical",
    "high",
    "medium",
    "low",
    "fixable",
    "knownExploited",
    "worst",
  ],
} as const satisfies Endpoint;

const findingDay = z.strictObject({
  /** `2026-11-24`. */
  day: z.iso.date(),
  critical: count,
  high: count,
  medium: count,
  low: count,
  negligible: count,
  unknown: count,
});

/** Counts over the installation; a caller whose scope is limited gets an empty series. */
export const showFindingTimeline = {
  id: "showFindingTimeline",
  method: "GET",
  path: "/api/v1/findings/timeline",
  on: "list",
  summary: "Counts the open findings of each of the last days by severity",
  permission: "findings.read",
  audit: "none",
  query: z.strictObject({ days: z.coerce.number().int().min(1).max(366).default(30) }),
  reply: z.strictObject({ days: z.array(findingDay) }),
} as const satisfies Endpoint;
