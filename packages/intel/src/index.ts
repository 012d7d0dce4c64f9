export type { IpAddress, IpNetwork } from "./canonical/address.ts";
export { canonicalName } from "./canonical/domain.ts";
export { Guard } from "./canonical/guard.ts";
export type { Hash64 } from "./canonical/hash64.ts";
export { type Observable, parseObservable, type Refusal } from "./canonical/observable.ts";
export type { PrefixSet } from "./canonical/prefix-set.ts";
export { IntelError, type IntelErrorCode } from "./errors.ts";
export type { Feed, FeedSink, RawIndicator } from "./feeds/feed.ts";
export { type HuntHit, type HuntOptions, type HuntReport, huntIn } from "./hunt/hunt.ts";
export type { ContactKind, ContactProtocol, Meeting, PastContainer } from "./past/contact.ts";
export type { PastLimits } from "./past/past-retention.ts";
export { PastWriter, type PastWriterOptions } from "./past/past-writer.ts";
export type { ExpireDays } from "./set/intake.ts";
export { currentSnapshot, IntelSet, type ListedIndicator, openSet } from "./set/intel-set.ts";
export type { SourceChange } from "./set/judge-change.ts";
export { readRememberedSources } from "./set/pointer.ts";
export type { UpdateProgress } from "./set/read-source.ts";
export {
  type HeldChange,
  type Sample,
  type SourceLocation,
  type SourceRecord,
  shownLocation,
} from "./set/source-record.ts";
export { type IntelStatus, readIntelStatus, type SourceStatus } from "./set/status.ts";
export { updateSet } from "./set/update.ts";
export type { SourceFailure, UpdateOptions, UpdateResult } from "./set/update-options.ts";
