export type { Act } from "./act.ts";
export type { CgroupContainersOptions } from "./cgroup-containers.ts";
export { CgroupContainers } from "./cgroup-containers.ts";
export type { Trip } from "./circuit-breaker.ts";
export { EngineContainers } from "./engine-containers.ts";
export type { ResponseErrorCode } from "./errors.ts";
export { ResponseError } from "./errors.ts";
export type { Evidence, EvidenceGathererOptions, EvidenceRequest } from "./evidence/evidence.ts";
export { EvidenceGatherer } from "./evidence/evidence.ts";
export { discardPartial, EvidenceDirectory } from "./evidence/evidence-directory.ts";
export { ProcKernel } from "./flows/proc-kernel.ts";
export type { FlowSocket } from "./flows/socket-table.ts";
/** @internal for tests that ask the kernel who still talks to whom */
export { isLive } from "./flows/socket-table.ts";
export type { Demotion, ResponseKind, ResponseOutcome } from "./outcome.ts";
export { causeOf, isSpared } from "./policy/decide.ts";
export type { RehearsedResponse } from "./policy/rehearsal.ts";
export { ResponseRehearsal } from "./policy/rehearsal.ts";
export type { BreakerLimits, ResponsePolicy } from "./policy/response-policy.ts";
export { defaultPolicyDocument, parseResponsePolicy } from "./policy/response-policy.ts";
export type {
  ContainerControl,
  ContainerReference,
  ContainerView,
  Denial,
  FlightRecorder,
  FlowControl,
  FlowPower,
  FlowTarget,
  KernelView,
  Peers,
  ProbeAnswer,
  ResponseHost,
  StateStore,
} from "./ports.ts";
export type { Proof } from "./prove.ts";
export type { Responder } from "./responders/responder.ts";
export type { ResponsesOptions } from "./responses.ts";
export { Responses } from "./responses.ts";
export { RoutedContainers } from "./routed-containers.ts";
export type { StepRecord } from "./run-steps.ts";
export type { SensorCommands, SensorFlowsOptions } from "./sensor-flows.ts";
export { SensorFlows } from "./sensor-flows.ts";
export type { ChannelHit, ResponseOrder, Trigger } from "./trigger.ts";
