import {
  compareSeverity,
  type Finding,
  parseImageTarget,
  parseSeverity,
  type ScanReport,
  type Severity,
} from "@pratique/core";
import { renderJson, renderTable } from "@pratique/report";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { type OutputFlags, planOutputs, writeOutputs } from "../outputs.ts";
import { Scanner, type ScannerFlags } from "../scanner.ts";

const formats = ["table", "json"] as const;

export interface ImageScanFlags extends ScannerFlags, OutputFlags {
  readonly failOn?: string;
  readonly onlyFixed?: boolean;
  readonly severity?: string;
}

/** `pratique image scan IMAGE` */
export async function imageScan(context: Context, image: string, flags: ImageScanFlags): Promise<ExitCode> {
  const outputs = planOutputs(flags, formats, "table");
  const failOn = flags.failOn === undefined ? undefined : parseSeverity(flags.failOn);
  const shown = flags.severity?.split(",").map((text) => parseSeverity(text.trim()));
  const target = parseImageTarget(image);
  await using scanner = new Scanner(context, readingFlags(flags));
  const report = await scanner.scan(target);
  const asked = narrow(report, { severities: shown, onlyFixed: flags.onlyFixed === true });
  writeOutputs(
    outputs,
    (format) => (format === "json" ? renderJson(asked) : renderTable(asked, context.console.look)),
    context.console,
  );
  return exitCodeOf(asked, failOn);
}

/** What a scan prints is not kept as the image's: it is verified when asked, and then of this very file. */
function readingFlags({ verifyLayers = false, cache, ...flags }: ImageScanFlags): ScannerFlags {
  return { ...flags, verifyLayers, cache: cache !== false && !verifyLayers };
}

interface Narrowing {
  readonly severities: readonly Severity[] | undefined;
  readonly onlyFixed: boolean;
}

/** Leaves out what the user did not ask for. */
function narrow(report: ScanReport, { severities, onlyFixed }: Narrowing): ScanReport {
  if (severities === undefined && !onlyFixed) return report;
  const findings = report.findings.filter(
    ({ severity, status }) => (severities?.includes(severity) ?? true) && (!onlyFixed || status === "fixed"),
  );
  return { ...report, findings };
}

/** A finding over the limit is the stronger word: what could not be assessed cannot take it back. */
function exitCodeOf({ findings, assessment }: ScanReport, failOn: Severity | undefined): ExitCode {
  if (failOn !== undefined && findings.some((finding) => isAtLeast(finding, failOn)))
    return exitCodes.refused;
  return assessment.state === "complete" ? exitCodes.fine : exitCodes.unassessed;
}

/** `unknown` may be anything, so it counts as bad as the limit only where the limit is `unknown` itself. */
function isAtLeast({ severity, suppressed }: Finding, failOn: Severity): boolean {
  if (suppressed !== undefined) return false;
  if (severity === "unknown") return failOn === "unknown";
  return compareSeverity(severity, failOn) <= 0;
}
