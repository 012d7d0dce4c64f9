import { eventTypes, ruleActions } from "@pratique/core";
import { z } from "zod";
import { actionOutcome, priority, priorityCounts } from "./detection-record.ts";
import type { Endpoint } from "./endpoint.ts";
import { pageOf, pageQuery } from "./paging.ts";
import { count, digest, hash, instant, name, text } from "./scalars.ts";

/** Where people are with a detection. */
export const reviewStates = ["open", "acknowledged", "closed"] as const;
/** What a detection turned out to be. */
export const reviewVerdicts = ["real", "false-alarm", "expected"] as const;

const said = {
  state: z.enum(reviewStates),
  /** Absent as long as nobody knows. */
  verdict: z.enum(reviewVerdicts).exactOptional(),
  note: z.string().max(4096),
};

/** A rule of a host that something running there matched. */
const detection = z.strictObject({
  /** The place of its record: the log and the sequence in it. */
  id: name,
  sequence: z.int().positive(),
  recordHash: hash,
  /** When it happened on the host. */
  time: instant,
  host: name,
  rule: name,
  description: text,
  priority,
  tags: z.array(name),
  /** Techniques of MITRE ATT&CK among the tags: `T1611`. */
  techniques: z.array(name),
  eventType: z.enum(eventTypes),
  output: text,
  /** The fields that the output names, with their values. */
  fields: z.record(name, text),
  /** The parts of the condition that held, and what made them hold. */
  matched: z.array(z.strictObject({ text, field: name, value: text })),
  container: text,
  containerId: name.exactOptional(),
  image: text,
  imageId: digest.exactOptional(),
  /** The process, then its ancestors. */
  processes: z.array(
    z.strictObject({ pid: count, name: text, exePath: text, commandLine: text, user: text }),
  ),
  /** What the rule asks for; absent where it only tells. */
  action: z.enum(ruleActions).exactOptional(),
  outcome: actionOutcome,
  /** How many of the same were left out before this one. */
  suppressed: count,
  /** The directory on its host in which what the container did lies; absent where it was not saved. */
  capture: text.exactOptional(),
  state: z.enum(reviewStates),
  /** What somebody said of it last; null where nobody has. */
  review: z.strictObject({ ...said, by: name, at: instant }).nullable(),
});

export type DetectionEntry = z.output<typeof detection>;

/** What was done about a container. */
const response = z.strictObject({
  id: name,
  time: instant,
  host: name,
  /** `response.intended`, `response.done`, `response.released` and their kin. */
  event: name,
  act: name.exactOptional(),
  action: name,
  outcome: name,
  reason: text,
  decidedBy: name,
  container: text,
  containerId: name.exactOptional(),
  tookMs: z.number().nonnegative().exactOptional(),
  /** Whether the kernel's own tables showed that it worked; absent where that was not looked at. */
  proved: z.boolean().exactOptional(),
});

export type ResponseEntry = z.output<typeof response>;

const detectionFilter = {
  /** Any part of the rule, the output, the container, the image or a tag, case ignored. */
  text: z.string().max(256).exactOptional(),
  /** This urgent, or more so. */
  priority: priority.exactOptional(),
  rule: name.exactOptional(),
  /** A tag, whole: `T1611`, `container`. */
  tag: name.exactOptional(),
  outcome: actionOutcome.exactOptional(),
  host: name.exactOptional(),
  /** The engine's id of a container. */
  containerId: name.exactOptional(),
  imageId: digest.exactOptional(),
  /** Only those that somebody has looked at, or only the others. Of what is not urgent nobody's look is kept. */
  looked: z.stringbool().exactOptional(),
  /** Where people are with it. */
  state: z.enum(reviewStates).exactOptional(),
  from: instant.exactOptional(),
  to: instant.exactOptional(),
};

/** Lists what rules detected in containers and on hosts, newest first. */
export const listDetections = {
  id: "listDetections",
  method: "GET",
  path: "/api/v1/detections",
  on: "list",
  summary: "Lists what rules detected while containers ran, newest first",
  permission: "detections.read",
  audit: "none",
  query: z.strictObject({ ...pageQuery, ...detectionFilter }),
  reply: pageOf(detection),
  csv: [
    "time",
    "host",
    "priority",
    "rule",
    "container",
    "image",
    "imageId",
    "outcome",
    "action",
    "techniques",
    "output",
    "state",
    "review.verdict",
    "review.by",
  ],
} as const satisfies Endpoint;

/** Shows one detection: its story, and what was done about it. */
export const showDetection = {
  id: "showDetection",
  method: "GET",
  path: "/api/v1/detections/{detectionId}",
  on: "detection",
  summary: "Shows one detection: what matched, by which processes, and what was done about it",
  permission: "detections.read",
  audit: "none",
  params: z.strictObject({ detectionId: name }),
  reply: z.strictObject({ detection, responses: z.array(response) }),
} as const satisfies Endpoint;

/** Says what a detection was, in place of what was said of it before; each word of anybody stays in the record. */
export const reviewDetection = {
  id: "reviewDetection",
  method: "PUT",
  path: "/api/v1/detections/{detectionId}/review",
  on: "detection",
  summary: "Says what a detection was, and acknowledges or closes it",
  permission: "detections.review",
  audit: "detection",
  recorded: ["state", "verdict", "note"],
  params: z.strictObject({ detectionId: name }),
  body: z
    .strictObject(said)
    .refine(
      ({ state, verdict }) => state !== "closed" || verdict !== undefined,
      "what is closed has a verdict",
    ),
  reply: z.strictObject({ detection }),
} as const satisfies Endpoint;

/** The longest span of a timeline, in hours. */
const MAX_TIMELINE_HOURS = 24 * 31;

/** Counts detections over time, and by technique. */
export const showDetectionTimeline = {
  id: "showDetectionTimeline",
  method: "GET",
  path: "/api/v1/detection-timeline",
  on: "list",
  summary: "Counts detections by hour and priority, and by technique",
  permission: "detections.read",
  audit: "none",
  query: z.strictObject({ hours: z.coerce.number().int().min(1).max(MAX_TIMELINE_HOURS).default(24) }),
  reply: z.strictObject({
    since: instant,
    /** Hours without any are left out. */
    hours: z.array(z.strictObject({ hour: instant, counts: priorityCounts })),
    techniques: z.array(
      z.strictObject({ technique: name, detections: count, rules: z.array(name), lastAt: instant }),
    ),
  }),
} as const satisfies Endpoint;

/** Lists what was done about containers, newest first. */
export const listResponses = {
  id: "listResponses",
  method: "GET",
  path: "/api/v1/responses",
  on: "list",
  summary: "Lists what was done about containers, newest first",
  permission: "detections.read",
  audit: "none",
  query: z.strictObject({ ...pageQuery, host: name.exactOptional(), containerId: name.exactOptional() }),
  reply: pageOf(response),
  csv: ["time", "host", "event", "action", "outcome", "container", "decidedBy", "reason", "tookMs", "proved"],
} as const satisfies Endpoint;

/** Has the host's agent undo what was done about a container, before its time. The reply names the command. */
export const releaseResponse = {
  id: "releaseResponse",
  method: "POST",
  path: "/api/v1/containers/{containerId}/release-response",
  on: "container",
  summary: "Undoes what was done about a container: lets it run and talk again",
  permission: "responses.release",
  audit: "response",
  recorded: ["act", "reason"],
  params: z.strictObject({ containerId: name }),
  body: z.strictObject({
    /** One act of those that are in force; all of them where it is absent. */
    act: z.string().min(1).max(256).exactOptional(),
    reason: z.string().min(1).max(4096),
  }),
  reply: z.strictObject({ commandId: name }),
} as const satisfies Endpoint;

const detectionSettings = z.strictObject({
  /** Detections this urgent, or more so, are told by notifications. */
  notifyFrom: priority,
});

export type DetectionSettings = z.output<typeof detectionSettings>;

export const showDetectionSettings = {
  id: "showDetectionSettings",
  method: "GET",
  path: "/api/v1/detection-settings",
  on: "installation",
  summary: "Shows from which priority on detections are told by notifications",
  permission: "settings.read",
  audit: "none",
  reply: detectionSettings,
} as const satisfies Endpoint;

export const putDetectionSettings = {
  id: "putDetectionSettings",
  method: "PUT",
  path: "/api/v1/detection-settings",
  on: "installation",
  summary: "Changes from which priority on detections are told by notifications",
  permission: "settings.write",
  audit: "settings",
  recorded: ["notifyFrom"],
  body: detectionSettings,
  reply: detectionSettings,
} as const satisfies Endpoint;
