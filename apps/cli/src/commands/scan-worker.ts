import { ImageFactsFiles, ReportFiles, runScanJob } from "@pratique/agent";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { Scanner } from "../images/scanner.ts";

/** The process that scans; started by the agent, and ended by it at any moment. */
export async function runScanWorker(context: Context): Promise<ExitCode> {
  const { layout } = context.settings;
  const reports = new ReportFiles(layout.reports);
  const facts = new ImageFactsFiles(layout.imageFacts);
  // A worker whose agent is gone has nobody to work for.
  process.on("disconnect", () => process.exit(0));
  process.on("message", async (message) => {
    const outcome = await runScanJob(message, {
      reports,
      facts,
      scan: async (target, asked) => {
        // Opened for each job: the advisories may have been replaced since the last one.
        await using scanner = new Scanner(context, { asked });
        return await scanner.scan(target);
      },
    });
    if (outcome !== undefined) process.send?.(outcome);
  });
  await context.untilEnded();
  return exitCodes.fine;
}
