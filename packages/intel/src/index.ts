export {
  formatAddress,
  formatNetwork,
  type IpAddress,
  type IpNetwork,
  parseAddress,
  parseNetwork,
} from "./canonical/address.ts";
export { canonicalName } from "./canonical/domain.ts";
export { Guard } from "./canonical/guard.ts";
export { fnv1a64, type Hash64 } from "./canonical/hash64.ts";
export { type Observable, parseObservable, type Refusal } from "./canonical/observable.ts";
export { type PrefixSet, prefixSetOf } from "./canonical/prefix-set.ts";
export { IntelError, type IntelErrorCode } from "./errors.ts";
export type { Feed, FeedSink, RawIndicator } from "./feeds/feed.ts";
export { feeds, findFeed } from "./feeds/feeds.ts";
export { type HuntHit, type HuntOptions, type HuntReport, huntIn } from "./hunt/hunt.ts";
export type { ContactKind, ContactProtocol, Meeting, PastContainer } from "./past/contact.ts";
export type { PastLimits } from "./past/past-retention.ts";
export {
  PAST_CHANGED_WITHIN_MS,
  PAST_NEW_WITHIN_MS,
  PastWriter,
  type PastWriterOptions,
} from "./past/past-writer.ts";
export { defaultExpireDays, type ExpireDays } from "./set/intake.ts";
export { currentSnapshot, IntelSet, type ListedIndicator, openSet } from "./set/intel-set.ts";
export { judgeChange, type SourceChange } from "./set/judge-change.ts";
export { readRememberedSources } from "./set/pointer.ts";
export type { UpdateProgress } from "./set/read-source.ts";
export {
  NAME_ROW_BYTES,
  REPORT_ONLY,
  SNAPSHOT_HEADER_BYTES,
  SNAPSHOT_MAGIC,
  SNAPSHOT_VERSION,
  V4_ROW_BYTES,
  V6_ROW_BYTES,
} from "./set/snapshot-format.ts";
export {
  type HeldChange,
  type Sample,
  type SourceLocation,
  type SourceRecord,
  shownLocation,
} from "./set/source-record.ts";
export {
  DEFAULT_INTEL_STALE_AFTER_MS,
  type IntelStatus,
  readIntelStatus,
  type SourceStatus,
} from "./set/status.ts";
export { updateSet } from "./set/update.ts";
export type { SourceFailure, UpdateOptions, UpdateResult } from "./set/update-options.ts";
