import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { pageOf, pageQuery } from "./paging.ts";
import { count, digest, instant, name, severity, severityCounts, text } from "./scalars.ts";
import { advisorySource, assessmentReason, assessmentState, distro, findingStatus } from "./scan-report.ts";

/** What was last decided about a launch of an image; `none` where nothing was. */
const lastVerdict = z.strictObject({ decision: z.enum(["allow", "deny"]), decidedAt: instant });

/** One image in a list. */
const imageSummary = z.strictObject({
  imageId: digest,
  reference: text,
  digest: digest.exactOptional(),
  platform: name.exactOptional(),
  distro: name.exactOptional(),
  sizeBytes: count.exactOptional(),
  created: name.exactOptional(),
  scannedAt: instant,
  assessment: assessmentState,
  /** Codes of the reasons, each once: why the assessment is not complete. */
  assessmentCodes: z.array(name),
  /** Findings that count: those suppressed are left out. */
  severities: severityCounts,
  fixable: count,
  knownExploited: count,
  suppressed: count,
  packages: count,
  lastVerdict: lastVerdict.exactOptional(),
});

export type ImageSummary = z.output<typeof imageSummary>;

/** A finding together with the package that has it. */
const imageFinding = z.strictObject({
  id: name,
  aliases: z.array(name),
  severity,
  status: findingStatus,
  packageName: text,
  packageVersion: text,
  packageType: name,
  fixedVersion: name.exactOptional(),
  knownExploited: z.boolean(),
  epss: z.number().exactOptional(),
  source: name,
  advisory: name,
  title: text.exactOptional(),
  confidence: z.enum(["high", "low"]).exactOptional(),
  suppressedBy: text.exactOptional(),
  layer: digest.exactOptional(),
  paths: z.array(text),
});

export type ImageFinding = z.output<typeof imageFinding>;

/** A launch of an image, briefly. */
const imageLaunch = z.strictObject({
  id: name,
  container: text,
  host: name,
  action: name,
  decision: z.enum(["allow", "deny"]),
  time: instant,
});

/** One image, with all that its report says. */
const imageDetail = z.strictObject({
  image: imageSummary,
  reasons: z.array(assessmentReason),
  advisories: z.array(advisorySource),
  distro: distro.exactOptional(),
  /** The user it runs as; empty means root. */
  user: text,
  /** Lowest first. */
  layers: z.array(z.strictObject({ digest, packages: count, findings: count })),
  packageTypes: z.array(z.strictObject({ type: name, packages: count })),
  /** Worst first. */
  findings: z.array(imageFinding),
  /** Where it ran or was refused, newest first; at most 20. */
  launches: z.array(imageLaunch),
});

export type ImageDetail = z.output<typeof imageDetail>;

/** Lists the images that were scanned. */
export const listImages = {
  id: "listImages",
  method: "GET",
  path: "/api/v1/images",
  summary: "Lists the images that were scanned",
  permission: "images.read",
  audit: "none",
  query: z.strictObject({
    ...pageQuery,
    /** Any part of the reference, the image id or the distribution, case ignored. */
    text: z.string().max(256).exactOptional(),
    /** Only images with a finding of this severity or worse. */
    severity: z.enum(["critical", "high", "medium", "low"]).exactOptional(),
    verdict: z.enum(["allow", "deny", "none"]).exactOptional(),
    sort: z.enum(["severity", "reference", "scanned", "size"]).default("severity"),
    order: z.enum(["asc", "desc"]).default("desc"),
  }),
  reply: pageOf(imageSummary),
} as const satisfies Endpoint;

/** Shows one image. */
export const showImage = {
  id: "showImage",
  method: "GET",
  path: "/api/v1/images/{imageId}",
  summary: "Shows one image, its findings, its layers and where it ran",
  permission: "images.read",
  audit: "none",
  params: z.strictObject({ imageId: digest }),
  reply: imageDetail,
} as const satisfies Endpoint;
