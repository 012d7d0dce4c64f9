import type { AuditSink } from "@pratique/core";
import type { Store } from "@pratique/store";
import type { Logger } from "pino";
import type { CallLog } from "./calls/call-record.ts";

/** What the routes work with. */
export interface Context {
  readonly store: Store;
  readonly audit: AuditSink;
  /** What callers did and were refused. */
  readonly record: CallLog;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Logger;
  /** The version of Pratique, for the API's document. */
  readonly version: string;
  /** `https://127.0.0.1:8443`, without a slash. */
  readonly origin: () => string;
}
