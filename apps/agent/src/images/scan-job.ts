import { isDigest, soughtLists } from "@pratique/core";
import { z } from "zod";

/**
 * Asks the worker to scan an image of the engine: by the engine's own id; the reference is for people. What
 * is looked for besides vulnerabilities is what the policies in force ask about.
 */
const job = z.object({
  id: z.int(),
  imageId: z.string().refine(isDigest),
  reference: z.string().max(4096),
  sought: z.array(z.enum(soughtLists)),
});

export type ScanJob = z.output<typeof job>;

const outcome = z.discriminatedUnion("ok", [
  z.object({ id: z.int(), ok: z.literal(true) }),
  z.object({ id: z.int(), ok: z.literal(false), message: z.string() }),
]);

/** The worker's answer; the report itself lies in the files. */
export type ScanOutcome = z.output<typeof outcome>;

/** Checks what the worker is told; undefined is no job. */
export function parseScanJob(message: unknown): ScanJob | undefined {
  return job.safeParse(message).data;
}

/** Checks what the worker says; undefined is no answer to a job. */
export function parseScanOutcome(message: unknown): ScanOutcome | undefined {
  return outcome.safeParse(message).data;
}
