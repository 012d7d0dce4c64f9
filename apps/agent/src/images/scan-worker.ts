import { messageOf, parseImageTarget, type ScanReport, type SoughtList } from "@pratique/core";
import { imageFactsOf } from "@pratique/policy";
import type { ImageFactsFiles } from "./image-facts-files.ts";
import type { ReportFiles } from "./report-files.ts";
import { parseScanJob, type ScanOutcome } from "./scan-job.ts";

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
  const job = parseScanJob(message);
  if (job === undefined) return undefined;
  const { id, imageId, reference, sought } = job;
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
