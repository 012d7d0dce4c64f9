export type {
  Channel,
  ChannelEffects,
  ChannelKind,
  ChannelTest,
  Delivered,
  DeliveryReceipt,
} from "./channel.ts";
export { channelKinds } from "./channel-kinds.ts";
export type { Delivery, DeliveryRetry } from "./delivery.ts";
export type { DispatchEvent, DispatcherOptions, DispatchStatus } from "./dispatcher.ts";
export { Dispatcher } from "./dispatcher.ts";
export type { NotifyErrorCode, NotifyErrorDetails } from "./errors.ts";
export { NotifyError } from "./errors.ts";
export type { CursorStore, ExportLine, ExportSink, ExportSource } from "./export/export-sink.ts";
export type { ExporterOptions, ExportLag } from "./export/exporter.ts";
export { Exporter } from "./export/exporter.ts";
export type { FileSinkOptions } from "./export/file-sink.ts";
export { fileSink } from "./export/file-sink.ts";
export { syslogSink, syslogSinkSchema } from "./export/syslog-sink.ts";
export { webhookSink, webhookSinkSchema } from "./export/webhook-sink.ts";
export type { Message, MessageItem, MessageText } from "./message.ts";
export type { Notification, NotificationInput } from "./notification.ts";
export { parseNotification } from "./notification.ts";
export type { PendingChange, PendingEntry, PendingStore } from "./pending-store.ts";
export type { RoutingInput, RoutingTable, Selection, Timing } from "./routing.ts";
export {
  parseRouting,
  /** @internal for the tests of whoever makes routing tables */
  selectRoutes,
} from "./routing.ts";
export type { SignedParts } from "./signature.ts";
/** @public for receivers, as the README says */
export { verifySignature } from "./signature.ts";
