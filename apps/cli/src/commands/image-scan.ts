import {
  compareSeverity,
  type Finding,
  parseDocumentTarget,
  parseImageTarget,
  parseSeverity,
  type ScanReport,
  type Severity,
} from "@pratique/core";
import type { SuppressionSubject } from "@pratique/matching";
import { renderJson, renderTable } from "@pratique/report";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { type OutputFlags, planOutputs, writeOutputs } from "../outputs.ts";
import { sbomAt } from "../sbom-target.ts";
import { Scanner, type ScannerFlags } from "../scanner.ts";
import { type SuppressionFlags, Suppressions } from "../suppressions.ts";

const formats = ["table", "json"] as const;

export interface ImageScanFlags extends ScannerFlags, OutputFlags, SuppressionFlags {
  readonly failOn?: string;
  readonly onlyFixed?: boolean;
  readonly severity?: string;
  readonly showSuppressed?: boolean;
}

/** `pratique image scan IMAGE` */
export async function imageScan(context: Context, image: string, flags: ImageScanFlags): Promise<ExitCode> {
  const outputs = planOutputs(flags, formats, "table");
  const failOn = flags.failOn === undefined ? undefined : parseSeverity(flags.failOn);
  const shown = flags.severity?.split(",").map((text) => parseSeverity(text.trim()));
  const scan = planScan(image);
  const suppressions = new Suppressions(flags, context);
  await using scanner = new Scanner(context, readingFlags(flags));
  const { report, subject } = await scan(scanner);
  const judged = suppressions.apply(report, subject);
  const asked = narrow(judged, { severities: shown, onlyFixed: flags.onlyFixed === true });
  const { look } = context.console;
  const { showSuppressed } = flags;
  writeOutputs(
    outputs,
    (format) => (format === "json" ? renderJson(asked) : renderTable(asked, look, { showSuppressed })),
    context.console,
  );
  return exitCodeOf(asked, failOn);
}

interface Scanned {
  readonly report: ScanReport;
  readonly subject?: Omit<SuppressionSubject, "target">;
}

/** An image, or a document that lists what is in one: what is wrong with its name is told before anything is read. */
function planScan(text: string): (scanner: Scanner) => Promise<Scanned> {
  const document = parseDocumentTarget(text);
  if (document === undefined) {
    const target = parseImageTarget(text);
    return async (scanner) => ({ report: await scanner.scan(target) });
  }
  const sbom = sbomAt(document);
  const { subject, serialNumber, references } = sbom;
  return async (scanner) => ({
    report: scanner.scanSbom(document.text, sbom),
    subject: { ...subject, references, ...(serialNumber !== undefined && { serialNumber }) },
  });
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
