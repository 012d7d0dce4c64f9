export type { VersionErrorCode } from "./errors.ts";
export { VersionError } from "./errors.ts";
export type { AffectedVersions } from "./ranges.ts";
export { isAffected, isInRange } from "./ranges.ts";
export type { Ordering, VersionScheme } from "./scheme.ts";
export { isModularBuild } from "./schemes/rpm/rpm.ts";
export { schemeOf } from "./schemes/schemes.ts";
