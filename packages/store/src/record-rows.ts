import type { AuditRecord } from "@pratique/core";
import { repositoryOf } from "./fleet/repository-name.ts";
import type { RecordBatch } from "./record-batch.ts";
import { detectionRow, responseRow } from "./runtime/runtime-projection.ts";
import type { DetectionTable, ResponseTable } from "./runtime/runtime-schema.ts";
import type { LateRecordTable, LaunchTable, RecordTable, Schema } from "./schema.ts";
import { searchable } from "./text-search.ts";

/** A batch that goes on from the head of its log, and what is new in it. */
export interface Placed {
  readonly batch: RecordBatch;
  readonly fresh: readonly AuditRecord[];
}

/** A host may have been out of reach for a night; one that says more has a wrong clock, or was away for long. */
const LATE_MS = 2 * 86_400_000;

export function recordRows({ batch: { logId }, fresh }: Placed): RecordTable[] {
  return fresh.map((record) => ({
    log_id: logId,
    sequence: record.sequence,
    time: record.time,
    class: record.class,
    action: record.action,
    actor: record.actor,
    data: JSON.stringify(record.data),
    previous_hash: record.previousHash,
    hash: record.hash,
  }));
}

/** Which records came long after they were written; one row at most. */
export function lateRows({ batch: { logId, receivedMs }, fresh }: Placed): LateRecordTable[] {
  if (receivedMs === undefined) return [];
  const late = fresh.filter(({ time }) => Date.parse(time) < receivedMs - LATE_MS);
  const [first, last] = [late[0], late.at(-1)];
  if (first === undefined || last === undefined) return [];
  const day = new Date(receivedMs).toISOString().slice(0, 10);
  return [{ log_id: logId, day, first_sequence: first.sequence, last_sequence: last.sequence }];
}

/** The launches that records tell of. */
export function launchRows({ batch: { logId, host, project }, fresh }: Placed): LaunchTable[] {
  return fresh.flatMap((record) => {
    const launch = project(record);
    if (launch === undefined) return [];
    return {
      id: `${logId}.${record.sequence}`,
      log_id: logId,
      sequence: record.sequence,
      record_hash: record.hash,
      time: new Date(record.time).toISOString(),
      host,
      decision: launch.decision,
      outcome: launch.outcome,
      image: launch.image,
      image_id: launch.imageId ?? null,
      repository: repositoryOf(launch.image) ?? null,
      container_id: launch.containerId ?? null,
      search: searchable([launch.image, ...launch.words]),
      document: JSON.stringify(launch.document),
    };
  });
}

/** The detections and responses that records tell of. */
export function runtimeRows(placed: readonly Placed[]): {
  readonly detections: readonly DetectionTable[];
  readonly responses: readonly ResponseTable[];
} {
  const detections: DetectionTable[] = [];
  const responses: ResponseTable[] = [];
  for (const { batch, fresh } of placed) {
    const { logId, host, projectRuntime } = batch;
    if (projectRuntime === undefined) continue;
    for (const record of fresh) {
      const projection = projectRuntime(record);
      if (projection?.kind === "detection")
        detections.push(detectionRow({ logId, host, record }, projection));
      if (projection?.kind === "response") responses.push(responseRow({ logId, host, record }, projection));
    }
  }
  return { detections, responses };
}

/** Where the log stands with the batch. */
export function headRows({ batch: { logId, host }, fresh }: Placed): Schema["logs"][] {
  const last = fresh.at(-1);
  if (last === undefined) return [];
  return [{ log_id: logId, host, acknowledged: last.sequence, last_hash: last.hash }];
}
