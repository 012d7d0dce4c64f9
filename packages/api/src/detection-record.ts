import { priorities, ruleActions } from "@pratique/core";
import { z } from "zod";
import { count, digest, name, text } from "./scalars.ts";

export const priority = z.enum(priorities);

/** Detections by priority. */
export const priorityCounts = z.strictObject(
  Object.fromEntries(priorities.map((each) => [each, count])) as Record<
    (typeof priorities)[number],
    typeof count
  >,
);

/** What became of what a detection's rule asks for. */
export const actionOutcome = z.enum(["prevented", "killed", "done", "failed", "dry-run", "none"]);

const process = z.object({ pid: count, name: text, exePath: text, commandLine: text, user: text });

/** An id that a host made: what is found by it stands in an index. */
const hostsOwn = z.string().max(256);

const container = z.object({
  id: hostsOwn,
  name: text,
  image: text,
  imageId: digest.nullish(),
  runtime: name,
});

/**
 * What the server reads of the `data` of a record of class `detection`: core's Detection, as the host wrote it. Other
 * members are left alone.
 */
export const detectionRecordData = z.object({
  id: hostsOwn,
  rule: name,
  description: text,
  priority,
  tags: z.array(name).max(64),
  time: z.iso.datetime(),
  eventType: name,
  output: text,
  fields: z.record(name, text),
  matched: z.array(z.object({ text, field: name, value: text })).max(256),
  container: container.nullish(),
  processes: z.array(process).max(64),
  action: z.enum(ruleActions).nullish(),
  outcome: actionOutcome,
  suppressed: count,
  capture: text.nullish(),
});

export type DetectionRecordData = z.output<typeof detectionRecordData>;

/** What the server reads of the `data` of a record of class `response`; other members are left alone. */
export const responseRecordData = z.object({
  act: name.nullish(),
  /** What was responded to: the id of a detection, or of a hit on an indicator. */
  trigger: hostsOwn.nullish(),
  container: container.partial({ runtime: true }).nullish(),
  action: name.nullish(),
  outcome: name.nullish(),
  /** Why it was decided. */
  reason: text.nullish(),
  /** Why it came to that: what failed, or ended it. */
  because: text.nullish(),
  decidedBy: name.nullish(),
  tookMs: z.number().nonnegative().nullish(),
  proof: z.unknown().optional(),
  steps: z.unknown().optional(),
});

export type ResponseRecordData = z.output<typeof responseRecordData>;
