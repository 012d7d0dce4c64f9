export { assess } from "./assess.ts";
export type { MatchingErrorCode } from "./errors.ts";
export type { MatchInput, MatchOptions, MatchResult } from "./match.ts";
export { match } from "./match.ts";
export type { InstanceFinding } from "./match-instances.ts";
export { isSameJudgement, matchInstances } from "./match-instances.ts";
export { withNamedFunctions } from "./named-functions.ts";
export { rematch } from "./rematch.ts";
export { ecosystemsOf } from "./subject.ts";
export { ignoreFileNames } from "./suppression/ignore/ignore-file-names.ts";
export { readIgnoreFile } from "./suppression/ignore/read-ignore-file.ts";
export type {
  Candidate,
  SubjectFacts,
  SuppressionFile,
  SuppressionRule,
  SuppressionSubject,
} from "./suppression/rule.ts";
export type { Suppression } from "./suppression/suppress.ts";
export { suppress } from "./suppression/suppress.ts";
export { readVex } from "./suppression/vex/read-vex.ts";
