import { formatJsonLine } from "./json-lines.ts";
import { type LoggedEntry, openedValue, resultOf } from "./logged-entry.ts";
import { visibleText } from "./visible-text.ts";

export interface SyslogOptions {
  readonly hostname: string;
  readonly appName: string;
  readonly processId?: string;
  /** The private enterprise number behind the name of the structured data; that of examples (RFC 5612) by default. */
  readonly enterpriseNumber?: number;
}

/** "log audit" (RFC 5424, 6.2.1). */
const FACILITY = 13;
const EXAMPLE_ENTERPRISE = 32_473;
/** Warning for what was refused or failed, informational for the rest. */
const severities = { denied: 4, failure: 4, pending: 5, success: 6, "": 6 } as const;

/**
 * One message in the form of RFC 5424, without framing: its fields as structured data, the whole entry as JSON in
 * its text. No field can end another one: names are cut to what the standard allows, and values are escaped.
 */
export function formatSyslog(logged: LoggedEntry, options: SyslogOptions): string {
  const { entry } = logged;
  const priority = FACILITY * 8 + severities[resultOf(entry)];
  const header = [
    `<${priority}>1`,
    entry.time,
    printable(options.hostname, 255),
    printable(options.appName, 48),
    printable(options.processId ?? "-", 128),
    printable(entry.action, 32),
  ];
  const data = structuredData(logged, options.enterpriseNumber ?? EXAMPLE_ENTERPRISE);
  // The mark says that the text is UTF-8 (RFC 5424, 6.4).
  return `${header.join(" ")} ${data} \ufeff${formatJsonLine(logged)}`;
}

function structuredData(logged: LoggedEntry, enterpriseNumber: number): string {
  const { origin, index, entry } = logged;
  const fields: readonly (readonly [string, string | undefined])[] = [
    ["log", origin],
    ["index", String(index)],
    ["class", entry.class],
    ["action", entry.action],
    ["stage", entry.stage],
    ["actor", entry.actor.id],
    ["actorName", openedValue(logged, "actor.name")],
    ["address", openedValue(logged, "actor.address")],
    ["subject", entry.subject === undefined ? undefined : `${entry.subject.kind}:${entry.subject.id}`],
    ["call", entry.call],
    ["result", resultOf(entry)],
    ["rule", entry.decision?.rule],
  ];
  const params = fields.flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [` ${name}="${escapeParam(value)}"`],
  );
  return `[audit@${enterpriseNumber}${params.join("")}]`;
}

/** RFC 5424, 6.3.3: these three must be escaped. */
function escapeParam(text: string): string {
  return visibleText(text).replaceAll(/["\\\]]/gu, "\\$&");
}

/** Of printable ASCII (RFC 5424, 6) only what no reader takes for anything else, cut to a length; a dash for nothing. */
function printable(text: string, maxLength: number): string {
  const cut = text.replaceAll(/[^\w.:@-]/gu, "_").slice(0, maxLength);
  return cut === "" ? "-" : cut;
}
