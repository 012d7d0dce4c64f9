import {
  type AdvisorySource,
  type AssessmentReason,
  assessmentCodes,
  type Distro,
  type Finding,
  type FindingStatus,
  type FromBase,
  type ImageConfig,
  type LicenseFinding,
  licenseCategories,
  type Package,
  packageTypes,
  type Risk,
  riskTerms,
  type ScanReport,
  type Secret,
  secretCategories,
  secretPlaces,
  soughtLists,
  vexJustifications,
} from "@pratique/core";
import { z } from "zod";
import { count, digest, instant, name, severity, text } from "./scalars.ts";

export const assessmentState = z.enum(["complete", "partial", "none"]);

export const findingStatus: z.ZodType<FindingStatus> = z.enum([
  "fixed",
  "affected",
  "will-not-fix",
  "fix-deferred",
  "under-investigation",
  "end-of-life",
]);

export const assessmentReason: z.ZodType<AssessmentReason> = z.strictObject({
  code: z.enum(assessmentCodes),
  message: text,
  path: text.exactOptional(),
  list: z.enum(soughtLists).exactOptional(),
});

export const advisorySource: z.ZodType<AdvisorySource> = z.strictObject({
  source: name,
  builtAt: instant,
  stale: z.boolean(),
  coverage: z.enum(["full", "starter"]),
});

export const distro: z.ZodType<Distro> = z.strictObject({
  id: name,
  version: name,
  codename: name.exactOptional(),
  name: name.exactOptional(),
  idLike: z.array(name).exactOptional(),
  branch: name.exactOptional(),
  services: z.array(name).exactOptional(),
  contentSets: z.array(name).exactOptional(),
  cpes: z.array(name).exactOptional(),
});

export const fromBase: z.ZodType<FromBase> = z.union([z.boolean(), z.literal("unknown")]);

export const risk: z.ZodType<Risk> = z.strictObject({
  score: z.int().min(0).max(100),
  terms: z
    .array(
      z.strictObject({
        name: z.enum(riskTerms),
        value: name,
        detail: text.exactOptional(),
        points: z.int().min(-100).max(100),
      }),
    )
    .max(riskTerms.length),
});

const finding: z.ZodType<Finding> = z.strictObject({
  id: name,
  aliases: z.array(name),
  packageId: text,
  severity,
  status: findingStatus,
  fixedVersion: name.exactOptional(),
  knownExploited: z.boolean(),
  epss: z.number().min(0).max(1).exactOptional(),
  source: name,
  advisory: name,
  title: text.exactOptional(),
  note: text.exactOptional(),
  confidence: z.enum(["high", "low"]).exactOptional(),
  suppressed: z
    .strictObject({
      by: text,
      status: z.enum(["not_affected", "fixed"]).exactOptional(),
      justification: z.enum(vexJustifications).exactOptional(),
    })
    .exactOptional(),
  layer: digest.exactOptional(),
  instruction: text.exactOptional(),
  fromBase: fromBase.exactOptional(),
  risk: risk.exactOptional(),
});

/** Two characters for each of a million functions, and the system that they were built for. */
const MAX_FUNCTIONS_LENGTH = 2_000_100;

/** Five characters for each of a hundred thousand files. */
const MAX_RUNNABLE_LENGTH = 500_001;

const packageSchema: z.ZodType<Package> = z.strictObject({
  id: text,
  type: z.enum(packageTypes),
  name: text,
  version: text,
  purl: text,
  architecture: name.exactOptional(),
  source: z.strictObject({ name: text, version: text }).exactOptional(),
  module: name.exactOptional(),
  vendor: name.exactOptional(),
  repository: name.exactOptional(),
  isInert: z.literal(true).exactOptional(),
  functions: z.string().max(MAX_FUNCTIONS_LENGTH).exactOptional(),
  runnable: z.string().max(MAX_RUNNABLE_LENGTH).exactOptional(),
  layer: digest.exactOptional(),
  paths: z.array(text),
  licenses: z.array(text).exactOptional(),
  ownedBy: text.exactOptional(),
});

export const secret: z.ZodType<Secret> = z.strictObject({
  rule: name,
  title: text,
  category: z.enum(secretCategories).exactOptional(),
  severity,
  confidence: z.enum(["high", "low"]),
  where: z.enum(secretPlaces),
  path: text.exactOptional(),
  line: count.exactOptional(),
  layer: digest.exactOptional(),
  deleted: z.literal(true).exactOptional(),
  match: text,
  fingerprint: name,
  suppressed: z.strictObject({ by: text }).exactOptional(),
});

const license: z.ZodType<LicenseFinding> = z.strictObject({
  license: text,
  category: z.enum(licenseCategories),
  severity,
  packageId: text,
  suppressed: z.strictObject({ by: text }).exactOptional(),
});

const MAX_SAID = 65_536;
const MAX_SHORTLY_SAID = 1024;
/**
 * What an image says of itself may be as long as it likes, and is cut: were it refused, its report would be, and nobody would
 * hear of the image.
 */
const said = z.string().overwrite((written) => written.slice(0, MAX_SAID).toWellFormed());
const shortlySaid = z.string().overwrite((written) => written.slice(0, MAX_SHORTLY_SAID).toWellFormed());

const imageConfig: z.ZodType<ImageConfig> = z.strictObject({
  os: shortlySaid,
  architecture: shortlySaid,
  created: shortlySaid.exactOptional(),
  user: said,
  entrypoint: z.array(said),
  command: z.array(said),
  environment: z.array(said),
  workingDirectory: said,
  exposedPorts: z.array(said),
  volumes: z.array(said),
  labels: z.record(said, said),
  healthcheck: z.array(said),
});

/** A scan report, exactly as core declares it: a report with an unknown member is refused. */
export const scanReport: z.ZodType<ScanReport> = z.strictObject({
  schemaVersion: z.literal(1),
  scannedAt: instant,
  target: z.strictObject({
    reference: text,
    digest: digest.exactOptional(),
    imageId: digest.exactOptional(),
    platform: shortlySaid.exactOptional(),
    distro: distro.exactOptional(),
    sizeBytes: count.exactOptional(),
    layers: z.array(digest).exactOptional(),
    instructions: z.array(text).exactOptional(),
    base: z
      .strictObject({
        name: name.exactOptional(),
        digest: name.exactOptional(),
        layers: count.exactOptional(),
      })
      .exactOptional(),
    layersVerified: z.boolean().exactOptional(),
  }),
  assessment: z.strictObject({
    state: assessmentState,
    reasons: z.array(assessmentReason),
    advisories: z.array(advisorySource),
  }),
  config: imageConfig.exactOptional(),
  rootAccounts: z.array(text),
  packages: z.array(packageSchema),
  findings: z.array(finding),
  secrets: z.array(secret).exactOptional(),
  licenses: z.array(license).exactOptional(),
  rules: z.strictObject({ secrets: count.exactOptional(), licenses: count.exactOptional() }).exactOptional(),
});
