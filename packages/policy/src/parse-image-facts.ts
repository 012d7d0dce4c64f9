import {
  assessmentCodes,
  isDigest,
  licenseCategories,
  packageTypes,
  secretCategories,
  secretPlaces,
  severities,
  soughtLists,
} from "@pratique/core";
import { z } from "zod";
import { describeIssue, formatPath } from "./document-issue.ts";
import { PolicyError } from "./errors.ts";
import {
  type ImageFacts,
  MAX_FINDINGS,
  MAX_LICENSES,
  MAX_PACKAGES_NAMED,
  MAX_SECRETS,
} from "./image-facts.ts";

const digest = z.string().refine(isDigest, "expected sha256: and 64 hexadecimal digits");
const count = z.int().min(0);

const finding = z.strictObject({
  id: z.string(),
  aliases: z.array(z.string()),
  package: z.string(),
  version: z.string(),
  type: z.enum([...packageTypes, ""]),
  severity: z.enum(severities),
  status: z.enum(["fixed", "affected", "will-not-fix", "fix-deferred", "under-investigation", "end-of-life"]),
  fixedVersion: z.string().exactOptional(),
  knownExploited: z.boolean(),
  epss: z.number().exactOptional(),
  confidence: z.enum(["high", "low"]),
  source: z.string(),
  advisory: z.string(),
});

const secret = z.strictObject({
  rule: z.string(),
  title: z.string(),
  category: z.enum([...secretCategories, ""]),
  severity: z.enum(severities),
  confidence: z.enum(["high", "low"]),
  where: z.enum(secretPlaces),
  path: z.string().exactOptional(),
  line: count.exactOptional(),
  layer: digest.exactOptional(),
  deleted: z.literal(true).exactOptional(),
  match: z.string(),
  fingerprint: z.string(),
});

const license = z.strictObject({
  id: z.string(),
  category: z.enum(licenseCategories),
  severity: z.enum(severities),
  packages: z.array(z.string()).max(MAX_PACKAGES_NAMED),
  packageCount: count,
});

const assessment = z.strictObject({
  state: z.enum(["complete", "partial", "none"]),
  reasons: z.array(
    z.strictObject({
      code: z.enum(assessmentCodes),
      message: z.string(),
      path: z.string().exactOptional(),
      list: z.enum(soughtLists).exactOptional(),
    }),
  ),
  advisories: z.array(
    z.strictObject({
      source: z.string(),
      builtAt: z.string(),
      stale: z.boolean(),
      coverage: z.enum(["full", "starter"]),
    }),
  ),
});

const imageFacts = z.strictObject({
  reference: z.string(),
  imageId: digest.exactOptional(),
  digest: digest.exactOptional(),
  platform: z.string().exactOptional(),
  distro: z.strictObject({ id: z.string(), version: z.string() }).exactOptional(),
  user: z.string(),
  rootAccounts: z.array(z.string()),
  created: z.string().exactOptional(),
  labels: z.record(z.string(), z.string()),
  packageCount: count,
  assessment,
  findings: z.array(finding).max(MAX_FINDINGS),
  suppressedCount: count,
  secrets: z.array(secret).max(MAX_SECRETS).exactOptional(),
  licenses: z.array(license).max(MAX_LICENSES).exactOptional(),
  scannedAt: z.string(),
});

/**
 * Reads facts back from JSON that was written somewhere: a state file, a stored piece of evidence.
 *
 * @throws PolicyError `IMAGE_FACTS_MALFORMED`
 */
export function parseImageFacts(value: unknown): ImageFacts {
  const result = imageFacts.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap((issue) =>
    describeIssue(issue, imageFacts).map(({ path, message }) => ({
      file: "image facts",
      path: formatPath(path),
      level: "error" as const,
      message,
    })),
  );
  throw new PolicyError("IMAGE_FACTS_MALFORMED", problems);
}
