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
    detection: storable(projection.detection),
    rule: storable(rule),
    urgency: priorities.indexOf(projection.priority),
    tags: storable(searchable(tags)),
    outcome: projection.outcome,
    image_id: projection.imageId ?? null,
    repository: storable(repositoryOf(image)),
    container_id: storable(projection.containerId),
    search: storable(searchable([rule, image, ...tags, ...words])),
    document: JSON.stringify(projection.document),
    looked_at: null,
    review_state: "open",
    review: null,
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
    detection: storable(projection.detection),
    repository: storable(repositoryOf(projection.image)),
    container_id: storable(projection.containerId),
    document: JSON.stringify(projection.document),
  };
}

/**
 * A name in a container may hold a NUL, as that of an abstract socket does, and PostgreSQL takes none in a text: without
 * this, such a name would keep all that its host records from ever being stored.
 */
function storable(text: string): string;
function storable(text: string | undefined): string | null;
function storable(text: string | undefined): string | null {
  return text?.replaceAll("\0", "\u{fffd}") ?? null;
}
