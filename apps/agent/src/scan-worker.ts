import { isDigest, messageOf, parseImageTarget, type ScanReport } from "@pratique/core";
import { imageFactsOf } from "@pratique/policy";
import { z } from "zod";
import type { ImageFactsFiles } from "./image-facts-files.ts";
import type { ReportFiles } from "./report-files.ts";

/**
 * Asks the worker to scan an image of the engine: by the engine's own id; the reference is for people. Secrets and
 * licences are looked for where the policies in force ask about them.
 */
const job = z.object({
  id: z.int(),
  imageId: z.string().refine(isDigest),
  reference: z.string().max(4096),
  secrets: z.boolean(),
  licenses: z.boolean(),
});

/** What is looked for besides vulnerabilities. */
export type ScanExtras = Pick<z.infer<typeof job>, "secrets" | "licenses">;

/** The worker's answer; the report itself lies in the files. */
export type ScanOutcome =
  | { readonly id: number; readonly ok: true }
  | { readonly id: number; readonly ok: false; readonly message: string };

export interface ScanWorkerOptions {
  readonly scan: (
    target: ReturnType<typeof parseImageTarget>,
    options: Readonly<ScanExtras>,
  ) => Promise<ScanReport>;
  readonly reports: ReportFiles;
  readonly facts: ImageFactsFiles;
}

/** Does one job: scans, and leaves the report and what the gate may know of it. Never rejects. */
export async function runScanJob(
  message: unknown,
  options: ScanWorkerOptions,
): Promise<ScanOutcome | undefined> {
  const parsed = job.safeParse(message);
  if (!parsed.success) return undefined;
  const { id, imageId, reference, secrets, licenses } = parsed.data;
  try {
    const scanned = await options.scan(parseImageTarget(`docker:${imageId}`), { secrets, licenses });
    // An engine that keeps images in containerd calls them by another digest than their configuration's.
    const report = { ...scanned, target: { ...scanned.target, reference, imageId } };
    options.reports.put(imageId, report);
    options.facts.put(imageId, imageFactsOf(report));
    return { id, ok: true };
  } catch (thrown) {
    return { id, ok: false, message: messageOf(thrown) };
  }
}
