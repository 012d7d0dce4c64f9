import { z } from "zod";
import { digest, instant, name, text } from "./scalars.ts";
import { assessmentReason, assessmentState } from "./scan-report.ts";

const verdict = z.object({
  subject: z.object({ image: text, container: text.exactOptional() }),
  violations: z.array(
    z.object({
      policy: name,
      rule: name,
      enforcement: z.enum(["enforce", "warn", "dry-run"]),
      message: text,
      value: text,
      fix: text,
      waivedBy: name.exactOptional(),
    }),
  ),
  assessment: z.object({ state: assessmentState, reasons: z.array(assessmentReason) }),
});

const launch = z.object({ action: name, name: text, containerId: name, image: text, caller: name });

/**
 * What the server reads of the `data` of a record that tells of a judged launch: those of class `verdict` whose
 * `stage` is `launch`. The record holds more, so that the verdict can be recomputed; other members are left alone.
 * A verdict or a launch that is too long for a record is kept on the host as evidence, and only named here.
 */
export const launchRecordData = z.object({
  decision: z.enum(["allow", "deny"]),
  stage: z.literal("launch"),
  decidedAt: instant,
  policyRevision: name,
  /** `observe`: the gate recorded the verdict and did not act on it. */
  mode: z.enum(["enforce", "observe"]),
  /** Null where the image is not known. */
  imageId: digest.nullable(),
  verdict: verdict.exactOptional(),
  launch: launch.exactOptional(),
  /** What the verdict was computed from, and what was too long for the record, by digest. */
  evidence: z.object({ verdict: digest.exactOptional() }).exactOptional(),
});

export type LaunchRecordData = z.output<typeof launchRecordData>;
