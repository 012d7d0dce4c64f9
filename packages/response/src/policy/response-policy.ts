import { channelActions, type JsonObject, priorities } from "@pratique/core";
import { z } from "zod";
import { hardness } from "../act.ts";
import { ResponseError } from "../errors.ts";

const MAX_PATTERNS = 200;
const MAX_LADDERS = 200;
const MAX_RUNGS = 100;
/** A year. */
const MAX_MINUTES = 525_600;

const pattern = z.string().min(1).max(300);
const patterns = z.array(pattern).min(1).max(MAX_PATTERNS);

/** All that is given has to fit; within one list, one pattern. `*` is any run of characters. */
const selector = z.strictObject({
  names: patterns.optional(),
  images: patterns.optional(),
  labels: z.record(z.string().min(1).max(200), patterns).optional(),
});

/**
 * When evidence is gathered. `before` waits with the act; `held` freezes the container, gathers, then acts; `after`
 * acts first.
 */
const evidenceOrder = z.enum(["none", "before", "held", "after"]);

const rungSettings = {
  dryRun: z.boolean().default(false),
  /** Null where a person has to end it. */
  forMinutes: z.number().positive().max(MAX_MINUTES).nullable().default(60),
  /** Without it each action has an order of its own. */
  evidence: evidenceOrder.optional(),
  /** After a hit the channel is cut at once, before anything else is done or gathered. */
  cutFirst: z.boolean().default(true),
  /** What is tried, in this order, where the host cannot do the action; without it what the responder says. */
  otherwise: z.array(z.enum(channelActions)).max(channelActions.length).optional(),
};

const rung = z
  .strictObject({ action: z.enum(channelActions), ...rungSettings })
  .refine(({ action, otherwise }) => otherwise?.every((each) => hardness(each) < hardness(action)) ?? true, {
    path: ["otherwise"],
    message: "expected milder actions than the rung's own",
  });

const detectionRung = z.strictObject({
  rules: patterns.optional(),
  tags: patterns.optional(),
  /** This urgent or more. */
  priority: z.enum(priorities).optional(),
  rung,
});

const ruleActions = z.strictObject({
  /** The hardest of what rules ask for that is done here. */
  hardest: z.enum(["report", "cut", "pause", "stop"]).default("stop"),
  ...rungSettings,
});

const ladder = z.strictObject({
  name: z.string().min(1).max(100),
  match: selector.prefault({}),
  channel: rung.prefault({ action: "cut", forMinutes: 1440 }),
  detections: z.array(detectionRung).max(MAX_RUNGS).default([]),
  ruleActions: ruleActions.prefault({}),
});

const limits = z.strictObject({
  /** Different containers that one rule or indicator may have acted on within the window. */
  containersPerCause: z.number().int().min(1).max(10_000).default(3),
  /** Different containers that may be acted on within the window, whatever the cause. */
  containersPerHost: z.number().int().min(1).max(10_000).default(10),
  /** The part of the running containers that may be acted on at one time; one always may. */
  shareOfHost: z.number().positive().max(1).default(0.5),
  windowSeconds: z.number().int().min(1).max(86_400).default(600),
});

const evidenceLimits = z.strictObject({
  seconds: z.number().positive().max(600).default(10),
  megabytes: z.number().int().positive().max(10_000).default(256),
  /** Of all that is kept on the host: more is not gathered. */
  totalMegabytes: z.number().int().positive().max(1_000_000).default(4096),
});

const policySchema = z.strictObject({
  /** `dry-run` makes every rung one. */
  mode: z.enum(["enforce", "dry-run"]).default("enforce"),
  /** Containers that are never acted on. */
  spare: z.array(selector).max(MAX_LADDERS).default([]),
  /** The first that fits a container counts; where none does, detections and hits are reported. */
  ladders: z.array(ladder).max(MAX_LADDERS).default([]),
  limits: limits.prefault({}),
  evidence: evidenceLimits.prefault({}),
  /** For so long a container that is stopped may end by itself. */
  graceSeconds: z.number().min(0).max(300).default(10),
  /** For one step of an act; a stop has its grace besides. */
  stepSeconds: z.number().positive().max(300).default(10),
  /** For so long it is looked for the proof. */
  proofSeconds: z.number().positive().max(300).default(3),
});

/** Who is responded to, and how. Made by {@link parseResponsePolicy} alone. */
export type ResponsePolicy = z.output<typeof policySchema>;
export type Selector = z.output<typeof selector>;
export type Ladder = z.output<typeof ladder>;
export type Rung = z.output<typeof rung>;
export type EvidenceOrder = z.output<typeof evidenceOrder>;
export type BreakerLimits = z.output<typeof limits>;
export type EvidenceLimits = z.output<typeof evidenceLimits>;

/** Checks a policy. Throws `RESPONSE_POLICY` with every problem in the message. */
export function parseResponsePolicy(document: unknown): ResponsePolicy {
  const { data, error } = policySchema.safeParse(document);
  if (data === undefined) {
    const problems = error.issues.map(({ path, message }) => `${path.join(".") || "document"}: ${message}`);
    throw new ResponseError("RESPONSE_POLICY", problems.join("; "));
  }
  return data;
}

/** Cuts channels for a day, does what rules ask for an hour, and reports the rest. */
export const defaultPolicyDocument: JsonObject = { ladders: [{ name: "default" }] };
