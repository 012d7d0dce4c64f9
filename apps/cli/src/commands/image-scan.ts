import { explainFindings, parseImageTarget, type ScanReport, type Severity } from "@pratique/core";
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
import { isAtLeast, parseFailOn } from "../images/fail-on.ts";
import { type NarrowingFlags, planNarrowing } from "../images/narrowing.ts";
import { renderContext } from "../images/render-context.ts";
import { planScan, readingFlags } from "../images/scan-plan.ts";
import { Scanner, type ScannerFlags } from "../images/scanner.ts";
import { readSuppressions, type SuppressionFlags } from "../images/suppressions.ts";
import { readTemplate } from "../images/template-file.ts";
import { type OutputFlags, planOutputs, writeOutputs } from "../outputs.ts";

export interface ImageScanFlags extends ScannerFlags, OutputFlags, SuppressionFlags, NarrowingFlags {
  readonly failOn?: string;
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
  const narrow = planNarrowing(flags);
  const sort = parseSort(flags.sort);
  const base = flags.base === undefined ? undefined : parseImageTarget(flags.base);
  const scan = planScan(image, base);
  const suppressions = await readSuppressions(flags, context);
  await using scanner = new Scanner(context, readingFlags(flags));
  const { report, subject } = await scan(scanner);
  const judged = suppressions.apply(report, subject);
  const named = explainFindings(flags.byCve === true ? byCve(judged) : judged);
  const asked = narrow(named);
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

function parseSort(text = "severity"): FindingOrder {
  const found = findingOrders.find((order) => order === text);
  if (found !== undefined) return found;
  throw new CliError(
    "USAGE",
    `expected --sort to be one of ${findingOrders.join(", ")}, found ${JSON.stringify(text)}`,
  );
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

/** A finding over the limit is the stronger word: what could not be assessed cannot take it back. */
function exitCodeOf(
  { findings, secrets = [], licenses = [], assessment }: ScanReport,
  failOn: Severity | undefined,
): ExitCode {
  const sure = secrets.filter(({ confidence }) => confidence === "high");
  const counted = [...findings, ...sure, ...licenses].filter(({ suppressed }) => suppressed === undefined);
  const isOver = failOn !== undefined && counted.some(({ severity }) => isAtLeast(severity, failOn));
  if (isOver) return exitCodes.refused;
  return assessment.state === "complete" ? exitCodes.fine : exitCodes.unassessed;
}
