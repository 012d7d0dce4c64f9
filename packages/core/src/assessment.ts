import type { SoughtList } from "./sought-list.ts";

/** How much of the target could be judged. */
export type AssessmentState = "complete" | "partial" | "none";

/** Every reason for which something could not be judged. */
export const assessmentCodes = [
  "ARCHIVE_DAMAGED",
  "LIMIT_REACHED",
  "PATH_UNSAFE",
  "FILE_UNREADABLE",
  "DISTRO_END_OF_LIFE",
  "DISTRO_UNKNOWN",
  "DISTRO_UNSUPPORTED",
  "PACKAGE_DATABASE_UNREADABLE",
  "PACKAGE_RECORD_MALFORMED",
  "PACKAGE_UNIDENTIFIED",
  "VERSION_UNPARSED",
  "ADVISORIES_MISSING",
  "ADVISORIES_STALE",
  "ADVISORIES_STARTER_ONLY",
  "COMPONENT_UNIDENTIFIED",
  "SOURCE_PACKAGE_UNKNOWN",
  "NO_PACKAGES",
] as const;

/** Why something could not be judged. */
export type AssessmentCode = (typeof assessmentCodes)[number];

/** One thing that could not be judged. A reason never vanishes on the way to the report. */
export interface AssessmentReason {
  readonly code: AssessmentCode;
  readonly message: string;
  readonly path?: string;
  /** The list that is not whole because of it; absent where it is about the packages and all that follows from them. */
  readonly list?: SoughtList;
}

/** One bad thing met while reading; it does not end the scan, and it does not vanish. */
export type Failure = AssessmentReason;
