import { type AuditRecord, type Digest, type Priority, priorities } from "@pratique/core";
import { repositoryOf } from "../fleet/repository-name.ts";
import { searchable } from "../text-search.ts";
import type { DetectionTable, ResponseTable } from "./runtime-schema.ts";

interface Placed {
  readonly containerId?: string;
  /** As the container names it; empty for the host's own processes. */
  readonly image: string;
  readonly imageId?: Digest;
  /** Anything that JSON can hold. */
  readonly document: object;
}

/** What the store needs to know of a detection in order to find it, and all the rest in `document`. */
export interface DetectionProjection extends Placed {
  readonly kind: "detection";
  /** The host's own id of it. */
  readonly detection: string;
  readonly rule: string;
  readonly priority: Priority;
  readonly tags: readonly string[];
  readonly outcome: string;
  /** What a search should find it by, besides the rule, the tags and the image. */
  readonly words: readonly string[];
}

/** What was done about a container, likewise. */
export interface ResponseProjection extends Placed {
  readonly kind: "response";
  /** The host's id of the detection; empty where a person ordered it. */
  readonly detection: string;
}

export type RuntimeProjection = DetectionProjection | ResponseProjection;

/** Where a record lies. */
export interface RecordPlace {
  readonly logId: string;
  readonly host: string;
  readonly record: AuditRecord;
}

export function detectionRow(
  { logId, host, record }: RecordPlace,
  projection: DetectionProjection,
): DetectionTable {
  const { rule, tags, image, words } = projection;
  return {
    id: `${logId}.${record.sequence}`,
    log_id: logId,
    sequence: record.sequence,
    record_hash: record.hash,
    time: new Date(record.time).toISOString(),
    host,
    detection: projection.detection,
    rule,
    urgency: priorities.indexOf(projection.priority),
    tags: searchable(tags),
    outcome: projection.outcome,
    image_id: projection.imageId ?? null,
    repository: repositoryOf(image) ?? null,
    container_id: projection.containerId ?? null,
    search: searchable([rule, image, ...tags, ...words]),
    document: JSON.stringify(projection.document),
  };
}

export function responseRow(
  { logId, host, record }: RecordPlace,
  projection: ResponseProjection,
): ResponseTable {
  return {
    id: `${logId}.${record.sequence}`,
    log_id: logId,
    sequence: record.sequence,
    time: new Date(record.time).toISOString(),
    host,
    detection: projection.detection,
    repository: repositoryOf(projection.image) ?? null,
    container_id: projection.containerId ?? null,
    document: JSON.stringify(projection.document),
  };
}
