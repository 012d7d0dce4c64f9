import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { pageOf, pageQuery } from "./paging.ts";
import { digest, hash, instant, name, text } from "./scalars.ts";
import { assessmentReason, assessmentState } from "./scan-report.ts";

/** One rule that a launch broke, and what to do about it. */
const launchReason = z.strictObject({
  policy: name,
  rule: name,
  enforcement: z.enum(["enforce", "warn", "dry-run"]),
  message: text,
  value: text,
  fix: text,
  /** The exception that lifted it. */
  waivedBy: name.exactOptional(),
  /** The command that asks for an exception; absent where one lifts it already. */
  exceptionHint: text.exactOptional(),
});

export type LaunchReason = z.output<typeof launchReason>;

/** What happened: the decision, and whether the gate acted on it. */
const launchOutcome = z.enum(["allowed", "warned", "denied", "observed"]);

/** A launch that was judged. */
const launch = z.strictObject({
  /** The place of its record: the log and the sequence in it. */
  id: name,
  sequence: z.int().positive(),
  recordHash: hash,
  time: instant,
  decision: z.enum(["allow", "deny"]),
  /**
   * `allowed`, `warned` (allowed, though a rule was broken), `denied`, or `observed` (would have been denied,
   * had the gate been enforcing).
   */
  outcome: launchOutcome,
  /** `create`, `start`, `exec` or `service`. */
  action: name,
  stage: z.enum(["build", "launch"]),
  container: text,
  containerId: name.exactOptional(),
  image: text,
  imageId: digest.exactOptional(),
  /** Who asked for it. */
  caller: name,
  host: name,
  policyRevision: name,
  /** Absent where only the evidence tells. */
  assessment: assessmentState.exactOptional(),
  assessmentReasons: z.array(assessmentReason),
  reasons: z.array(launchReason),
  /** The verdict, kept on the host under this digest, where it is too long for a record: `reasons` is then empty. */
  evidence: digest.exactOptional(),
});

export type LaunchEntry = z.output<typeof launch>;

/** Lists what was judged, newest first. */
export const listLaunches = {
  id: "listLaunches",
  method: "GET",
  path: "/api/v1/launches",
  on: "list",
  summary: "Lists the launches that were judged, newest first",
  permission: "launches.read",
  audit: "none",
  query: z.strictObject({
    ...pageQuery,
    /** Any part of the image, the container or a rule, case ignored. */
    text: z.string().max(256).exactOptional(),
    outcome: launchOutcome.exactOptional(),
    imageId: digest.exactOptional(),
    host: name.exactOptional(),
    rule: name.exactOptional(),
    from: instant.exactOptional(),
    to: instant.exactOptional(),
  }),
  reply: pageOf(launch),
  csv: [
    "time",
    "host",
    "outcome",
    "action",
    "container",
    "image",
    "imageId",
    "caller",
    "policyRevision",
    "reasons",
  ],
} as const satisfies Endpoint;

/** Shows one launch. */
export const showLaunch = {
  id: "showLaunch",
  method: "GET",
  path: "/api/v1/launches/{launchId}",
  on: "launch",
  summary: "Shows one launch: the decision, each reason, and how to mend it",
  permission: "launches.read",
  audit: "none",
  params: z.strictObject({ launchId: name }),
  reply: launch,
} as const satisfies Endpoint;
