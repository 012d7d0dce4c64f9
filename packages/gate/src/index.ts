export type { ControlCommands } from "./control-door.ts";
export type { Decision } from "./decision.ts";
export type { DecisionServiceOptions, GateMode } from "./decision-service.ts";
export { DecisionService } from "./decision-service.ts";
export type {
  EngineAction,
  EngineActionRule,
  EngineActionRules,
} from "./doors/docker-authz/engine-actions.ts";
export { engineActions } from "./doors/docker-authz/engine-actions.ts";
export type { EngineRequest } from "./doors/docker-authz/request.ts";
export { engineView } from "./engine-view.ts";
export type { GateErrorCode } from "./errors.ts";
export type { GateServerOptions } from "./gate-server.ts";
export { GateServer } from "./gate-server.ts";
export { hostPaths } from "./host-paths.ts";
export type { Fields } from "./json-fields.ts";
/** @internal for the test that holds the files of a real engine against its answers, by the gate's own rule */
export { isSameContainer } from "./new-containers.ts";
export type {
  EngineView,
  Evidence,
  FileIdentity,
  FoundMount,
  HostMounts,
  HostPaths,
  ImageKnowledge,
  MountProof,
  PolicyState,
  ViewedImage,
  ViewedVolume,
} from "./ports.ts";
export { hostMounts } from "./proof/mount-table.ts";
export { removeDeadSocket } from "./socket-owner.ts";
export type { CountedOutcome, GateCounts, LatencyPercentiles } from "./statistics.ts";
export type { VerdictRecord } from "./verdict-record.ts";
export { VerdictRecorder } from "./verdict-record.ts";
export type { KeptEvidence, Replay } from "./verdict-replay.ts";
export { replayVerdict } from "./verdict-replay.ts";
