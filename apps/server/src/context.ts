import type { Store } from "@pratique/store";
import type { Logger } from "pino";
import type { CallLog } from "./calls/call-record.ts";
import type { Caller } from "./calls/caller.ts";
import type { EventStreams } from "./event-streams.ts";

/** What the routes work with. */
export interface Context {
  readonly store: Store;
  /** What callers did and were refused. */
  readonly record: CallLog;
  readonly streams: EventStreams;
  /** Whether somebody who made a call could still make it: for what goes on for longer than a call. */
  readonly isStillIn: (caller: Caller) => Promise<boolean>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Logger;
  /** The version of Pratique, for the API's document. */
  readonly version: string;
  /** `https://127.0.0.1:8443`, without a slash. */
  readonly origin: () => string;
}
