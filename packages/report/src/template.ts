import { messageOf, type ScanReport } from "@pratique/core";
import { ReportError } from "./errors.ts";
import { codeSpan } from "./markdown-text.ts";
import type { RenderContext, ReportFormat } from "./report-format.ts";
import { printable } from "./style.ts";
import { xmlText } from "./xml-text.ts";

/** The longest template, in characters. */
const MAX_CHARACTERS = 1_000_000;
/** How long one may take to be written, and how much it may hold at once, by the library's own count. */
const MAX_RENDER_MS = 60_000;
const MAX_MEMORY = 1_000_000_000;

export interface TemplateOptions {
  /** Escapes what is put in for HTML and XML, unless the template says `| raw`. */
  readonly escapes: boolean;
}

/**
 * Reads a template in the language Liquid, whose data are those of the JSON report. It can run no code, and reads no
 * file and no other template. Rejects with `TEMPLATE_INVALID`, also while it is rendered.
 */
export async function parseTemplate(text: string, { escapes }: TemplateOptions): Promise<ReportFormat> {
  // Loaded by those alone who have a template.
  const { Liquid } = await import("liquidjs");
  const engine = new Liquid({
    // Others are looked for here, where there are none, instead of in files.
    templates: {},
    ownPropertyOnly: true,
    strictFilters: true,
    parseLimit: MAX_CHARACTERS,
    renderLimit: MAX_RENDER_MS,
    memoryLimit: MAX_MEMORY,
    ...(escapes ? { outputEscape: (value: unknown) => xmlText(String(value ?? "")) } : {}),
  });
  engine.registerFilter("printable", (value: unknown) => printable(String(value ?? "")));
  engine.registerFilter("markdown", (value: unknown) => codeSpan(String(value ?? "")));
  engine.registerFilter("csv", (value: unknown) => csvField(String(value ?? "")));
  const template = attempt(() => engine.parse(text));
  return {
    name: "template",
    description: "as the template of --template says",
    render: (report, context) => [
      attempt(() => String(engine.renderSync(template, dataOf(report, context)))),
    ],
  };
}

/** The report, and in each finding its package. */
function dataOf(report: ScanReport, { version }: RenderContext): object {
  const owners = new Map(report.packages.map((member) => [member.id, member]));
  const findings = report.findings.map((finding) => ({ ...finding, package: owners.get(finding.packageId) }));
  return { ...report, findings, pratiqueVersion: version };
}

/** RFC 4180, and no formula for a spreadsheet: what could begin one becomes text. */
function csvField(text: string): string {
  const harmless = /^[=+\-@\t\r]/u.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}

function attempt<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    throw new ReportError("TEMPLATE_INVALID", `the template cannot be used: ${messageOf(cause)}`, { cause });
  }
}
