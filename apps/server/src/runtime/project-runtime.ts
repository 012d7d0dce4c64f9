import {
  type DetectionEntry,
  type DetectionRecordData,
  detectionRecordData,
  listResponses,
  type ResponseEntry,
  type ResponseRecordData,
  responseRecordData,
  showDetection,
} from "@pratique/api";
import { type AuditRecord, isEventType } from "@pratique/core";
import type {
  DetectionProjection,
  ResponseProjection,
  RuntimeProjection,
  StoredDetection,
  StoredResponse,
} from "@pratique/store";

const SHORT_ID = 12;
const DETECTION = "detection.raised";
/** Techniques and sub-techniques of MITRE ATT&CK: `T1611`, `T1053.003`. */
const TECHNIQUE = /^T\d{4}(?:\.\d{3})?$/u;

/**
 * What a record tells of running containers: undefined where it tells nothing, `unreadable` where it should and cannot
 * be read.
 */
export function projectRuntime(record: AuditRecord): RuntimeProjection | "unreadable" | undefined {
  // Of the same class is what changes what is detected, as a new set of indicators.
  if (record.class === "detection" && record.action === DETECTION) {
    const parsed = detectionRecordData.safeParse(record.data);
    return parsed.success ? projectDetection(parsed.data) : "unreadable";
  }
  if (record.class === "response") {
    const parsed = responseRecordData.safeParse(record.data);
    return parsed.success ? projectResponse(record.action, parsed.data) : "unreadable";
  }
  return undefined;
}

/** Puts a stored detection together again. */
export function detectionEntryOf({ document, ...place }: StoredDetection): DetectionEntry {
  const { id, sequence, recordHash, time, host, reviewState: state, review } = place;
  const added = { id, sequence, recordHash, time, host, state, review };
  return showDetection.reply.shape.detection.parse({ ...document, ...added });
}

export function responseEntryOf({ document, id, time, host }: StoredResponse): ResponseEntry {
  return listResponses.reply.shape.items.element.parse({ ...document, id, time, host });
}

function projectDetection(data: DetectionRecordData): DetectionProjection | "unreadable" {
  // A host of a newer version may see what this server does not know.
  if (!isEventType(data.eventType)) return "unreadable";
  const { container, rule, priority, tags, outcome, output, processes } = data;
  const document: Omit<
    DetectionEntry,
    "id" | "sequence" | "recordHash" | "time" | "host" | "state" | "review"
  > = {
    rule,
    description: data.description,
    priority,
    tags,
    techniques: tags.filter((tag) => TECHNIQUE.test(tag)),
    eventType: data.eventType,
    output,
    fields: data.fields,
    matched: data.matched.map(({ text, field, value }) => ({ text, field, value })),
    ...containerWords(container),
    processes: processes.map(({ pid, name, exePath, commandLine, user }) => {
      return { pid, name, exePath, commandLine, user };
    }),
    ...(data.action !== undefined && data.action !== null && { action: data.action }),
    outcome,
    suppressed: data.suppressed,
    ...(typeof data.capture === "string" && { capture: data.capture }),
  };
  return {
    kind: "detection",
    detection: data.id,
    rule,
    priority,
    tags,
    outcome,
    words: [output, document.container, container?.id ?? ""],
    image: document.image,
    ...(document.containerId !== undefined && { containerId: document.containerId }),
    ...(document.imageId !== undefined && { imageId: document.imageId }),
    document,
  };
}

function projectResponse(event: string, data: ResponseRecordData): ResponseProjection {
  const { container, act, action, outcome, reason, decidedBy, tookMs, trigger } = data;
  const proved = provedIn(data.proof);
  const { container: name, image, ...place } = containerWords(container);
  const document: Omit<ResponseEntry, "id" | "time" | "host"> = {
    event,
    ...(typeof act === "string" && { act }),
    action: action ?? "",
    outcome: outcome ?? "",
    reason: data.because || reason || "",
    decidedBy: decidedBy ?? "",
    container: name,
    ...("containerId" in place && { containerId: place.containerId }),
    ...(typeof tookMs === "number" && { tookMs }),
    ...(proved !== undefined && { proved }),
  };
  return { kind: "response", detection: trigger ?? "", image, ...place, document };
}

type ContainerWords = DetectionRecordData["container"] | ResponseRecordData["container"];

function containerWords(container: ContainerWords) {
  if (container === undefined || container === null) return { container: "", image: "" };
  const { id, name, image, imageId } = container;
  return {
    container: name || id.slice(0, SHORT_ID),
    containerId: id,
    image,
    ...(imageId !== undefined && imageId !== null && { imageId }),
  };
}

/** What needed no proof is neither proved nor not proved. */
function provedIn(proof: unknown): boolean | undefined {
  if (typeof proof !== "object" || proof === null || !("proved" in proof)) return undefined;
  if ("result" in proof && proof.result === "not-needed") return undefined;
  return typeof proof.proved === "boolean" ? proof.proved : undefined;
}
