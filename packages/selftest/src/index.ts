export type { Attack, ContainerNeeds } from "./attack.ts";
export { attacks, upstreamRulesWithoutAttack } from "./catalogue.ts";
export type { Coverage, CoverageVerdict, Observation } from "./coverage.ts";
export type { ContainerBody } from "./engine-scratch.ts";
export { EngineScratch } from "./engine-scratch.ts";
export type { SelftestErrorCode } from "./errors.ts";
export { SelftestError } from "./errors.ts";
export { formatCoverage, summarizeCoverage } from "./format-coverage.ts";
export type {
  DetectionSource,
  HostRunner,
  ScratchContainer,
  ScratchEngine,
  ScratchOutput,
} from "./ports.ts";
export { SCRATCH_LABEL, ScratchRefusal } from "./ports.ts";
export type { SelftestOptions, SelftestPorts } from "./run-selftest.ts";
export { runSelftest } from "./run-selftest.ts";
export type { TarFile } from "./tar-file.ts";
export { tarOfFiles } from "./tar-file.ts";
