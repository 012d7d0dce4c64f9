import type { AssessmentCode } from "@pratique/core";

/** Every reason for which something could not be judged, as a list that can be checked against. */
export const assessmentCodes = [
  "ARCHIVE_DAMAGED",
  "LIMIT_REACHED",
  "PATH_UNSAFE",
  "FILE_UNREADABLE",
  "DISTRO_UNKNOWN",
  "DISTRO_UNSUPPORTED",
  "PACKAGE_DATABASE_UNREADABLE",
  "PACKAGE_RECORD_MALFORMED",
  "VERSION_UNPARSED",
  "ADVISORIES_MISSING",
  "ADVISORIES_STALE",
  "ADVISORIES_STARTER_ONLY",
  "NO_PACKAGES",
] as const satisfies readonly AssessmentCode[];
