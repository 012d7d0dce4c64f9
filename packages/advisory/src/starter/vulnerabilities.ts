import { distributionVulnerabilities } from "./distribution-vulnerabilities.ts";
import type { StarterVulnerability } from "./expand.ts";
import { npmVulnerabilities } from "./npm-vulnerabilities.ts";
import { pypiVulnerabilities } from "./pypi-vulnerabilities.ts";

/** The day on which these facts were last gone over. */
export const STARTER_DATE = "2026-11-25T00:00:00.000Z";

/**
 * Famous vulnerabilities that images still carry. Each fact is public, and each version is what the vendor named as the
 * fix; a release that is not listed is one that nobody was sure of.
 */
export const starterVulnerabilities: readonly StarterVulnerability[] = [
  ...distributionVulnerabilities,
  ...npmVulnerabilities,
  ...pypiVulnerabilities,
];
