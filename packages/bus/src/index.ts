export { EmbeddedBus } from "./embedded-bus.ts";
export type { BusErrorCode } from "./errors.ts";
export { BusError } from "./errors.ts";
export type { BusTrouble } from "./jetstream/intake.ts";
export type { JetStreamBusOptions } from "./jetstream/jetstream-bus.ts";
export { JetStreamBus } from "./jetstream/jetstream-bus.ts";
export type { RecordsSetAside } from "./jetstream/set-aside.ts";
export type { JetStreamSettings } from "./jetstream/settings.ts";
export type {
  Acknowledgement,
  HeadInStore,
  LogHead,
  RecordBatch,
  RecordBus,
  RecordHandler,
} from "./record-bus.ts";
