import { licenseCategories, secretPlaces } from "@pratique/core";
import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { pageOf, pageQuery } from "./paging.ts";
import { count, digest, instant, name, severity, severityCounts, text } from "./scalars.ts";
import {
  advisorySource,
  assessmentReason,
  assessmentState,
  distro,
  findingStatus,
  fromBase,
  risk,
  secret,
} from "./scan-report.ts";

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
  note: text.exactOptional(),
  confidence: z.enum(["high", "low"]).exactOptional(),
  suppressedBy: text.exactOptional(),
  layer: digest.exactOptional(),
  /** The instruction that made the layer. */
  instruction: text.exactOptional(),
  fromBase,
  /** By all that is known of the finding, and of those containers of the image that the caller may see. */
  risk,
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
  layers: z.array(
    z.strictObject({
      digest,
      packages: count,
      findings: count,
      instruction: text.exactOptional(),
      fromBase,
    }),
  ),
  /**
   * What it was built on. `imageId` where an image that the caller may see has all its lowest layers, which proves it; else
   * what the image says of itself.
   */
  base: z
    .strictObject({ reference: text, imageId: digest.exactOptional(), layers: count.exactOptional() })
    .exactOptional(),
  packageTypes: z.array(z.strictObject({ type: name, packages: count })),
  /** How many secrets lie in it that nobody took out of the count; absent where nobody looked for them. */
  secrets: count.exactOptional(),
  /** The hosts on which it lies, at most 200, and the containers that run it now. */
  hosts: z.array(name),
  running: count,
  /**
   * The repositories that it is from, as hosts say: nobody else knows where they pulled it. `hosts` are some of those
   * that say so and that the caller may see.
   */
  names: z.array(z.strictObject({ repository: text, hosts: z.array(name) })),
  /**
   * Hosts that judged it by the same advisories and say different things of it, or list other layers: one of them is
   * wrong. The worse report is shown. `hosts` are those of the two that the caller may see.
   */
  dispute: z.strictObject({ hosts: z.array(name), since: instant }).exactOptional(),
  /** Where it ran or was refused, newest first; at most 20. */
  launches: z.array(imageLaunch),
});

export type ImageDetail = z.output<typeof imageDetail>;

/** Lists the images that were scanned. */
export const listImages = {
  id: "listImages",
  method: "GET",
  path: "/api/v1/images",
  on: "list",
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
    /** How far it was assessed; `not-complete` is `partial` or `none`. */
    assessment: z.enum(["complete", "partial", "none", "not-complete"]).exactOptional(),
    /** Whether two hosts contradict each other about it. */
    disputed: z.stringbool().exactOptional(),
    sort: z.enum(["severity", "reference", "scanned", "size"]).default("severity"),
    order: z.enum(["asc", "desc"]).default("desc"),
  }),
  reply: pageOf(imageSummary),
  csv: [
    "reference",
    "imageId",
    "digest",
    "distro",
    "platform",
    "scannedAt",
    "assessment",
    "severities.critical",
    "severities.high",
    "severities.medium",
    "severities.low",
    "fixable",
    "knownExploited",
    "packages",
  ],
} as const satisfies Endpoint;

/** Shows one image. */
export const showImage = {
  id: "showImage",
  method: "GET",
  path: "/api/v1/images/{imageId}",
  on: "image",
  summary: "Shows one image, its layers, where it lies and where it ran",
  permission: "images.read",
  audit: "none",
  params: z.strictObject({ imageId: digest }),
  reply: imageDetail,
} as const satisfies Endpoint;

/** Lists the findings of one image, what is exploited first, then worst first. */
export const listImageFindings = {
  id: "listImageFindings",
  method: "GET",
  path: "/api/v1/images/{imageId}/findings",
  on: "image",
  summary: "Lists the findings of one image, the most urgent first, each with how urgent it is and why",
  permission: "images.read",
  audit: "none",
  params: z.strictObject({ imageId: digest }),
  query: z.strictObject({
    ...pageQuery,
    text: z.string().max(256).exactOptional(),
    /** That severity, or a worse one. */
    severity: z.enum(["critical", "high", "medium", "low"]).exactOptional(),
    fixable: z.stringbool().exactOptional(),
    suppressed: z.stringbool().exactOptional(),
    /** Only what the base image brought, or only what it did not; what is not known is in neither. */
    fromBase: z.stringbool().exactOptional(),
  }),
  reply: pageOf(imageFinding),
  csv: [
    "id",
    "severity",
    "packageName",
    "packageVersion",
    "packageType",
    "fixedVersion",
    "status",
    "knownExploited",
    "epss",
    "source",
    "suppressedBy",
    "layer",
    "instruction",
    "fromBase",
    "risk.score",
  ],
} as const satisfies Endpoint;

/** Lists the packages of one image, by name. */
export const listImagePackages = {
  id: "listImagePackages",
  method: "GET",
  path: "/api/v1/images/{imageId}/packages",
  on: "image",
  summary: "Lists the packages of one image",
  permission: "images.read",
  audit: "none",
  params: z.strictObject({ imageId: digest }),
  query: z.strictObject({
    ...pageQuery,
    /** Any part of the name, case ignored. */
    text: z.string().max(256).exactOptional(),
    /** Any part of one of its licences, case ignored; `NOASSERTION` for those that tell none. */
    license: z.string().max(512).exactOptional(),
    /** The strictest category of its licences. */
    licenseCategory: z.enum(licenseCategories).exactOptional(),
  }),
  reply: pageOf(
    z.strictObject({
      name: text,
      version: text,
      type: name,
      purl: text,
      source: text.exactOptional(),
      layer: digest.exactOptional(),
      paths: z.array(text),
      // Absent where it tells none, and where nobody asked.
      licenses: z.array(text).exactOptional(),
      // The strictest of those that count; absent where nobody asked, or nothing counts.
      licenseCategory: z.enum(licenseCategories).exactOptional(),
      findings: severityCounts,
    }),
  ),
  csv: ["name", "version", "type", "purl", "source", "layer", "licenses", "licenseCategory"],
} as const satisfies Endpoint;

/** Lists the secrets that lie in one image. What is told of a value says nothing of it; where it lies is another matter. */
export const listImageSecrets = {
  id: "listImageSecrets",
  method: "GET",
  path: "/api/v1/images/{imageId}/secrets",
  on: "image",
  summary:
    "Lists the secrets that lie in one image, made unreadable, the worst first; none where nobody looked for them",
  permission: "images.read",
  audit: "read",
  params: z.strictObject({ imageId: digest }),
  query: z.strictObject({
    ...pageQuery,
    /** Any part of the rule, its title or the path, case ignored. */
    text: z.string().max(256).exactOptional(),
    /** That severity, or a worse one. */
    severity: z.enum(["critical", "high", "medium", "low"]).exactOptional(),
    where: z.enum(secretPlaces).exactOptional(),
  }),
  reply: pageOf(secret),
  csv: [
    "rule",
    "title",
    "category",
    "severity",
    "confidence",
    "where",
    "path",
    "line",
    "layer",
    "deleted",
    "match",
    "fingerprint",
    "suppressed.by",
  ],
} as const satisfies Endpoint;

const packageChange = z.strictObject({
  type: name,
  name: text,
  before: z.array(text),
  after: z.array(text),
});

/** A vulnerability in what was built from one source package. */
const changedFinding = z.strictObject({
  id: name,
  type: name,
  name: text,
  versions: z.array(text),
  packages: z.array(text),
  severity,
  status: findingStatus,
  fixedVersion: name.exactOptional(),
  knownExploited: z.boolean(),
  /** Why it is new, or gone. */
  cause: z
    .enum(["package-added", "package-removed", "package-changed", "suppression", "advisories"])
    .exactOptional(),
});

export type ChangedFinding = z.output<typeof changedFinding>;

const diffSide = z.strictObject({
  imageId: digest,
  reference: text,
  /** The moment that is looked at; of a whole image, its newest scan. */
  at: instant,
  assessment: assessmentState,
  packages: count,
});

/** What is different in another image, or was at another time. */
const imageDiff = z.strictObject({
  before: diffSide,
  after: diffSide,
  packages: z.strictObject({
    added: z.array(packageChange),
    removed: z.array(packageChange),
    changed: z.array(packageChange),
  }),
  findings: z.strictObject({
    new: z.array(changedFinding),
    gone: z.array(changedFinding),
    still: count,
  }),
});

export type ImageDiff = z.output<typeof imageDiff>;

/**
 * Compares an image with another by their newest reports, or with itself at another time: its packages stay the same then,
 * what is known of them does not.
 */
export const diffImage = {
  id: "diffImage",
  method: "GET",
  path: "/api/v1/images/{imageId}/diff",
  on: "image",
  summary: "Tells what an image has that another has not, or had not at another time: packages and findings",
  permission: "images.read",
  audit: "none",
  params: z.strictObject({ imageId: digest }),
  query: z.strictObject({
    /** The image that it is compared with; the caller must be allowed to see it as well. */
    with: digest.exactOptional(),
    /** The first scan, where it is absent or before that. */
    from: instant.exactOptional(),
    /** Now, where it is absent. */
    to: instant.exactOptional(),
  }),
  reply: imageDiff,
} as const satisfies Endpoint;

/** Has a host that holds an image scan it again. */
export const scanImage = {
  id: "scanImage",
  method: "POST",
  path: "/api/v1/images/{imageId}/scan",
  on: "image",
  summary: "Has an image scanned again on a host that holds it",
  permission: "images.scan",
  audit: "scan",
  params: z.strictObject({ imageId: digest }),
  reply: z.strictObject({ commandId: name, host: name }),
} as const satisfies Endpoint;

/** The same for whoever may open the server's socket: of all images. */
export const listImagesLocally = {
  ...listImages,
  id: "listImagesLocally",
  path: "/operator/v1/images",
  on: "installation",
  permission: "operator",
} as const satisfies Endpoint;

export const showImageLocally = {
  ...showImage,
  id: "showImageLocally",
  path: "/operator/v1/images/{imageId}",
  on: "installation",
  permission: "operator",
} as const satisfies Endpoint;

export const listImageFindingsLocally = {
  ...listImageFindings,
  id: "listImageFindingsLocally",
  path: "/operator/v1/images/{imageId}/findings",
  on: "installation",
  permission: "operator",
} as const satisfies Endpoint;
