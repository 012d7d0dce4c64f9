import type { AuditRecord } from "@pratique/core";
import type { LaunchProjection } from "./launch-repository.ts";
import type { RuntimeProjection } from "./runtime/runtime-projection.ts";

/** Records of one log, in the order of their sequences. */
export interface RecordBatch {
  readonly logId: string;
  readonly host: string;
  readonly records: readonly AuditRecord[];
  /** When they came, in milliseconds since 1970. Where it is absent, they came when they were written. */
  readonly receivedMs?: number;
  /** What a record tells of a launch; undefined where it tells of none. */
  readonly project: (record: AuditRecord) => LaunchProjection | undefined;
  /** What it tells of running containers, likewise; nothing where this is absent. */
  readonly projectRuntime?: (record: AuditRecord) => RuntimeProjection | undefined;
}
