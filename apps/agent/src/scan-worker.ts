import {
  isDigest,
  messageOf,
  parseImageTarget,
  type ScanReport,
  type SoughtList,
  soughtLists,
} from "@pratique/core";
import { imageFactsOf } from "@pratique/policy";
import { z } from "zod";
import type { ImageFactsFiles } from "./image-facts-files.ts";
import type { ReportFiles } from "./report-files.ts";

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

/** The worker's answer; the report itself lies in the files. */
export type ScanOutcome =
  | { readonly id: number; readonly ok: true }
  | { readonly id: number; readonly ok: false; readonly message: string };

export interface ScanWorkerOptions {
  readonly scan: (
    target: ReturnType<typeof parseImageTarget>,
    sought: ReadonlySet<SoughtList>,
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
  const { id, imageId, reference, sought } = parsed.data;
  try {
    const scanned = await options.scan(parseImageTarget(`docker:${imageId}`), new Set(sought));
    // An engine that keeps images in containerd calls them by another digest than their configuration's.
    const report = { ...scanned, target: { ...scanned.target, reference, imageId } };
    options.reports.put(imageId, report);
    options.facts.put(imageId, imageFactsOf(report));
    return { id, ok: true };
  } catch (thrown) {
    return { id, ok: false, message: messageOf(thrown) };
  }
}
