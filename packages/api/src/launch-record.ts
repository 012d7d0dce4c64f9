import { z } from "zod";
import { digest, instant, name, text } from "./scalars.ts";
import { assessmentReason, assessmentState } from "./scan-report.ts";

/**
 * What the server reads of the `data` of a record of class `verdict` or `launch`. The record holds more, so that
 * the verdict can be recomputed; other members are left alone.
 */
export const launchRecordData = z.object({
  verdict: z.object({
    decision: z.enum(["allow", "deny"]),
    stage: z.enum(["build", "launch"]),
    subject: z.object({
      image: text,
      imageId: digest.exactOptional(),
      container: text.exactOptional(),
    }),
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
    policyRevision: name,
    decidedAt: instant,
  }),
  launch: z
    .object({ action: name, name: text, containerId: name, image: text, caller: name })
    .exactOptional(),
  /** The gate acted on the verdict. Absent means that it did. */
  enforced: z.boolean().exactOptional(),
});

export type LaunchRecordData = z.output<typeof launchRecordData>;
