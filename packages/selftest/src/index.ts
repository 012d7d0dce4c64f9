export type { Attack, ContainerNeeds } from "./attack.ts";
export { attacks } from "./catalogue.ts";
export type { Coverage, CoverageVerdict, Observation } from "./coverage.ts";
export type { SelftestErrorCode } from "./errors.ts";
export { SelftestError } from "./errors.ts";
export { adviceOnRefusals, formatCoverage, summarizeCoverage } from "./format-coverage.ts";
export type { DetectionSource, HostRunner } from "./ports.ts";
export type { SelftestOptions, SelftestPorts } from "./run-selftest.ts";
export { runSelftest } from "./run-selftest.ts";
