import type { Acknowledgement, RecordBatch, RecordHandler } from "@pratique/bus";
import type { AuditRecord } from "@pratique/core";
import type { LaunchProjection, RuntimeProjection, Store } from "@pratique/store";
import type { Logger } from "pino";
import type { ServerLog } from "../audit/server-log.ts";
import { projectLaunch } from "../launch-projection.ts";
import { projectRuntime } from "../runtime/project-runtime.ts";

export interface TakeInOptions {
  readonly store: Store;
  readonly ledger: ServerLog;
  readonly log: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Makes what puts batches of records into the store, and has the server's own log tell of them. */
export function takeIn({ store, ledger, log, now }: TakeInOptions): RecordHandler {
  const project = (record: AuditRecord): LaunchProjection | undefined => {
    const launch = projectLaunch(record);
    if (launch !== "unreadable") return launch;
    // The record itself is kept; only the console cannot show it.
    log.warn({ sequence: record.sequence, action: record.action }, "a launch record cannot be read");
    return undefined;
  };
  const readRuntime = (record: AuditRecord): RuntimeProjection | undefined => {
    const found = projectRuntime(record);
    if (found !== "unreadable") return found;
    log.warn({ sequence: record.sequence, action: record.action }, "a record of the runtime cannot be read");
    return undefined;
  };
  return async (batch: RecordBatch): Promise<Acknowledgement> => {
    const answer = await store.records.append({
      ...batch,
      receivedMs: now(),
      project,
      projectRuntime: readRuntime,
    });
    // Before the host hears of it: what it forgets by then, the log must tell of.
    if (answer.kind === "stored") await ledger.hosts.received(batch, answer);
    return answer;
  };
}
