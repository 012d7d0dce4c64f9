import type { Store } from "@pratique/store";
import type { Logger } from "pino";
import type { ServerLog } from "../audit/server-log.ts";
import type { Origin } from "../notifications/notice.ts";

export interface BusParts {
  readonly store: Store;
  readonly ledger: ServerLog;
  readonly origin: Origin;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that never turns back. */
  readonly elapsedMs: () => number;
  readonly log: Logger;
}
