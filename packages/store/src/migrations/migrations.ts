import { firstPage } from "./0001-first-page.ts";
import { jobs } from "./0002-jobs.ts";
import { legalHolds } from "./0003-legal-holds.ts";
import { findings } from "./0004-findings.ts";
import { people } from "./0005-people.ts";
import { fleet } from "./0006-fleet.ts";
import { settings } from "./0007-settings.ts";
import { audit } from "./0008-audit.ts";
import { agents } from "./0009-agents.ts";
import { findingDetails } from "./0010-finding-details.ts";
import { imageFindings } from "./0011-image-findings.ts";
import { imageReports } from "./0012-image-reports.ts";
import { fleetSums } from "./0013-fleet-sums.ts";
import { auditOpenings } from "./0014-audit-openings.ts";
import { attemptsAndClaims } from "./0015-attempts-and-claims.ts";
import { runtime } from "./0016-runtime.ts";
import { ruleFiles } from "./0017-rule-files.ts";
import { learnedProfiles } from "./0018-learned-profiles.ts";
import { imageOrigins } from "./0019-image-origins.ts";
import { packageInstances } from "./0020-package-instances.ts";
import { registries } from "./0021-registries.ts";
import { layerIndexes } from "./0022-layer-indexes.ts";
import { jobLines } from "./0023-job-lines.ts";
import { registryJobs } from "./0024-registry-jobs.ts";
import { commitMarks } from "./0025-commit-marks.ts";
import { lateRecords } from "./0026-late-records.ts";
import { orders } from "./0027-orders.ts";
import { containerOrder } from "./0028-container-order.ts";
import { detectionReviews } from "./0029-detection-reviews.ts";
import type { StoreMigration } from "./store-migration.ts";

/** In the order in which they are run. A test fails when a file beside this one is missing here. */
export const migrations: readonly StoreMigration[] = [
  firstPage,
  jobs,
  legalHolds,
  findings,
  people,
  fleet,
  settings,
  audit,
  agents,
  findingDetails,
  imageFindings,
  imageReports,
  fleetSums,
  auditOpenings,
  attemptsAndClaims,
  runtime,
  ruleFiles,
  learnedProfiles,
  imageOrigins,
  packageInstances,
  registries,
  layerIndexes,
  jobLines,
  registryJobs,
  commitMarks,
  lateRecords,
  orders,
  containerOrder,
  detectionReviews,
];
