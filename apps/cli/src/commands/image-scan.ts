import {
  explainFindings,
  type ImageTarget,
  parseDocumentTarget,
  parseImageTarget,
  parseSeverity,
  type ScanReport,
  type Severity,
} from "@pratique/core";
import type { SuppressionSubject } from "@pratique/matching";
import {
  byCve,
  type FindingOrder,
  findingOrders,
  type Look,
  printable,
  type ReportFormat,
  reportFormats,
} from "@pratique/report";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { isAtLeast, parseFailOn } from "../fail-on.ts";
import { type OutputFlags, planOutputs, writeOutputs } from "../outputs.ts";
import { renderContext } from "../render-context.ts";
import { sbomAt } from "../sbom-target.ts";
import { Scanner, type ScannerFlags } from "../scanner.ts";
import { type SuppressionFlags, Suppressions } from "../suppressions.ts";
import { readTemplate } from "../template-file.ts";

export interface ImageScanFlags extends ScannerFlags, OutputFlags, SuppressionFlags {
  readonly failOn?: string;
  readonly onlyFixed?: boolean;
  readonly severity?: string;
  readonly showSuppressed?: boolean;
  readonly byCve?: boolean;
  readonly template?: string;
  readonly sort?: string;
  readonly base?: string;
}

/** `pratique image scan IMAGE` */
export async function imageScan(context: Context, image: string, flags: ImageScanFlags): Promise<ExitCode> {
  const formats = await formatsFor(flags);
  const outputs = planOutputs(outputFlags(flags), [...formats.keys()], "table");
  const failOn = parseFailOn(flags.failOn);
  const shown = flags.severity?.split(",").map((text) => parseSeverity(text.trim()));
  const sort = parseSort(flags.sort);
  const base = flags.base === undefined ? undefined : parseImageTarget(flags.base);
  const scan = planScan(image, base);
  const suppressions = new Suppressions(flags, context);
  await using scanner = new Scanner(context, readingFlags(flags));
  const { report, subject } = await scan(scanner);
  const judged = suppressions.apply(report, subject);
  const named = explainFindings(flags.byCve === true ? byCve(judged) : judged);
  const asked = narrow(named, { severities: shown, onlyFixed: flags.onlyFixed === true });
  const { showSuppressed } = flags;
  const lookedAt = (look: Look) => ({ ...renderContext(context, look), showSuppressed, sort });
  writeOutputs(
    outputs,
    (format, look) => formats.get(format)?.render(asked, lookedAt(look)) ?? [],
    context.console,
  );
  for (const name of new Set(outputs.map(({ format }) => format))) {
    const remarks = formats.get(name)?.remarks?.(asked, lookedAt(context.console.look)) ?? [];
    for (const remark of remarks) context.console.say(`pratique: ${printable(remark)}`);
  }
  return exitCodeOf(asked, failOn);
}

interface Scanned {
  readonly report: ScanReport;
  readonly subject?: Omit<SuppressionSubject, "target">;
}

/** An image, or a document that lists what is in one: what is wrong with its name is told before anything is read. */
function planScan(text: string, base: ImageTarget | undefined): (scanner: Scanner) => Promise<Scanned> {
  const document = parseDocumentTarget(text);
  if (document === undefined) {
    const target = parseImageTarget(text);
    return async (scanner) => ({ report: await scanner.scan(target, base) });
  }
  if (base !== undefined) throw new CliError("USAGE", "--base is for images: a document lists no layers");
  const sbom = sbomAt(document);
  const { subject, serialNumber, references } = sbom;
  return async (scanner) => ({
    report: scanner.scanSbom(document.text, sbom),
    subject: { ...subject, references, ...(serialNumber !== undefined && { serialNumber }) },
  });
}

function parseSort(text = "severity"): FindingOrder {
  const found = findingOrders.find((order) => order === text);
  if (found !== undefined) return found;
  throw new CliError("USAGE", `expected --sort ${findingOrders.join(" or ")}, found ${JSON.stringify(text)}`);
}

async function formatsFor({ template }: ImageScanFlags): Promise<ReadonlyMap<string, ReportFormat>> {
  const formats = template === undefined ? reportFormats : [...reportFormats, await readTemplate(template)];
  return new Map(formats.map((format) => [format.name, format]));
}

/** A template is a format of its own, which need not be named. */
function outputFlags(flags: ImageScanFlags): OutputFlags {
  const { template, format, output } = flags;
  const isNamed = format.includes("template") || output.some((text) => text.startsWith("template="));
  return template === undefined || isNamed ? flags : { ...flags, format: [...format, "template"] };
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
  const isOver = findings.some(
    ({ severity, suppressed }) =>
      failOn !== undefined && suppressed === undefined && isAtLeast(severity, failOn),
  );
  if (isOver) return exitCodes.refused;
  return assessment.state === "complete" ? exitCodes.fine : exitCodes.unassessed;
}
