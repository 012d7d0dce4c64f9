export type { BootClock, SystemBootClockOptions } from "./boot-clock.ts";
export { SystemBootClock } from "./boot-clock.ts";
export type { SensorErrorCode } from "./errors.ts";
export { SensorError } from "./errors.ts";
export type { EventDescriptor } from "./events/descriptor-types.ts";
export { errorName } from "./events/error-names.ts";
export type { EventContext } from "./events/readable-event.ts";
export { SensorEvent } from "./events/sensor-event.ts";
export { SensorFields } from "./fields/sensor-fields.ts";
export type { HeldCounters } from "./held-events.ts";
export type { RecordSource, SourceListener } from "./record-source.ts";
export type { RecordingAbout, ReplayListener } from "./replay.ts";
export { replayRecording } from "./replay.ts";
export type { SensorCounters, SensorNotice, SensorOptions, SensorPacket } from "./sensor.ts";
export { kindsOf, Sensor } from "./sensor.ts";
export type { MessageBody, SensorMessage } from "./sensor-message.ts";
export type { SensorLog, SensorProcessCounters, SensorProcessOptions } from "./sensor-process.ts";
export { SensorProcess } from "./sensor-process.ts";
export type { RuleNeeds, SensorScope } from "./sensor-scope.ts";
export { scopeOfNeeds } from "./sensor-scope.ts";
export type {
  BundleDetailsOptions,
  ContainerDetails,
  EngineDetailsOptions,
} from "./tables/container-details.ts";
export { BundleDetails, EngineDetails, FirstOfDetails } from "./tables/container-details.ts";
export type { ContainerIdentity } from "./tables/container-path.ts";
export { containerOfProcess } from "./tables/container-path.ts";
export type { ContainerCounters, TrackedContainer } from "./tables/container-table.ts";
export type { DnsMessage } from "./tables/dns-message.ts";
export type { LxcDetailsOptions } from "./tables/lxc-details.ts";
export { LxcDetails } from "./tables/lxc-details.ts";
export type { ProcessCounters } from "./tables/process-table.ts";
export { type FoundFile, findBelowRoot, liesBelow } from "./tables/root-files.ts";
export type { SensorContainer, SensorMount } from "./tables/sensor-container.ts";
export { TrackedProcess } from "./tables/tracked-process.ts";
export type { WireRecord } from "./wire/record-reader.ts";
export type { WireAddress } from "./wire/structures.ts";
export { readAddress } from "./wire/structures.ts";
export { channelHooks, primitives, recordFlags, wireKinds, wireTags } from "./wire/wire-format.ts";
