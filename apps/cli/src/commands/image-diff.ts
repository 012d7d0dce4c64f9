import { parseImageTarget, type ScanReport, type Severity } from "@pratique/core";
import { diffJson, diffReports, diffTable, type ReportDiff } from "@pratique/report";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { isAtLeast, parseFailOn } from "../images/fail-on.ts";
import { readSavedReport, savedReportFile } from "../images/saved-report.ts";
import { Scanner, type ScannerFlags } from "../images/scanner.ts";
import { type OutputFlags, planOutputs, writeOutputs } from "../outputs.ts";

const formats = ["table", "json"] as const;

export interface ImageDiffFlags extends ScannerFlags, OutputFlags {
  readonly failOn?: string;
}

/** Two images, or saved reports of images, as the user named them. */
export interface ImagePair {
  readonly before: string;
  readonly after: string;
}

/** `pratique image diff BEFORE AFTER` */
export async function imageDiff(context: Context, pair: ImagePair, flags: ImageDiffFlags): Promise<ExitCode> {
  const outputs = planOutputs(flags, formats, "table");
  const failOn = parseFailOn(flags.failOn);
  // Saved ones first: what is wrong with them need not wait for a scan.
  const saved = [pair.before, pair.after].map(savedReport);
  await using scanner = new Scanner(context, { ...flags, verifyLayers: false });
  const before = saved[0] ?? (await scanner.scan(parseImageTarget(pair.before)));
  const after = saved[1] ?? (await scanner.scan(parseImageTarget(pair.after)));
  const diff = diffReports(before, after);
  writeOutputs(
    outputs,
    (format, look) => (format === "json" ? diffJson(diff) : diffTable(diff, look)),
    context.console,
  );
  return exitCodeOf(diff, failOn);
}

function savedReport(text: string): ScanReport | undefined {
  const file = savedReportFile(text);
  if (file !== undefined) return readSavedReport(file);
  parseImageTarget(text);
  return undefined;
}

/** What is new and over the limit is the stronger word: what could not be assessed cannot take it back. */
function exitCodeOf({ before, after, findings }: ReportDiff, failOn: Severity | undefined): ExitCode {
  if (failOn !== undefined && findings.new.some(({ severity }) => isAtLeast(severity, failOn))) {
    return exitCodes.refused;
  }
  const isComplete = before.assessment.state === "complete" && after.assessment.state === "complete";
  return isComplete ? exitCodes.fine : exitCodes.unassessed;
}
