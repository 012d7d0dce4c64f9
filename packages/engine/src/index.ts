export type { EngineAddress } from "./address.ts";
export { defaultEngineAddress, formatEngineAddress, parseEngineAddress } from "./address.ts";
export type {
  EngineContainer,
  EngineContainerState,
  EngineContainerSummary,
  EngineMount,
} from "./container.ts";
export { readContainerFiles } from "./container-files.ts";
export type { CallOptions, EngineOptions, EventOptions, RawAnswer } from "./engine.ts";
export { Engine } from "./engine.ts";
export type { EngineChange, EngineControlOptions, EngineEndpoint, StopOptions } from "./engine-control.ts";
export { EngineControl } from "./engine-control.ts";
export type { EngineInfo, EnginePing, EngineVersion } from "./engine-info.ts";
export type { ContainerBody, ImageAddition, ScratchEngine, ScratchOutput } from "./engine-scratch.ts";
export { EngineScratch } from "./engine-scratch.ts";
export type { EngineErrorCode } from "./errors.ts";
export { EngineError } from "./errors.ts";
export type { EngineEvent } from "./events.ts";
export type { EngineGraphDriver, EngineHistoryStep, EngineImage, EngineImageSummary } from "./image.ts";
export type { TarFile } from "./tar-file.ts";
export { tarOfFiles } from "./tar-file.ts";
export type { EngineTls } from "./transport.ts";
export type { EngineVolume } from "./volume.ts";
