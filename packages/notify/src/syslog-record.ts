import type { Severity } from "@pratique/core";
import { wholeLine } from "./safe-text.ts";

const BOM = "\ufeff";
const MAX_HOST_NAME = 255;
const MAX_APP_NAME = 48;
const MAX_MESSAGE_ID = 32;
/** RFC 5612: the number for examples; receivers that care are given the operator's own. */
export const EXAMPLE_ENTERPRISE = 32_473;

/** The numerical severities of RFC 5424 section 6.2.1 that ours stand for. */
const syslogSeverity: Readonly<Record<Severity, number>> = {
  critical: 2,
  high: 3,
  medium: 4,
  low: 5,
  negligible: 6,
  unknown: 6,
};

/** One record before it is written down. */
export interface SyslogRecord {
  /** 0 to 23. */
  readonly facility: number;
  readonly severity: Severity;
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  readonly hostName: string;
  readonly appName: string;
  /** What kind of record it is: `launch.denied`. */
  readonly messageId: string;
  readonly enterprise: number;
  readonly data: Readonly<Record<string, string>>;
  readonly text: string;
}

/**
 * Writes a record down by RFC 5424. Nothing in it can begin another record, end a parameter, or move the
 * cursor of a terminal that shows the log.
 */
export function formatSyslog(record: SyslogRecord): string {
  const priority = record.facility * 8 + syslogSeverity[record.severity];
  const time = new Date(record.timeMs).toISOString();
  const names = [
    headerField(record.hostName, MAX_HOST_NAME),
    headerField(record.appName, MAX_APP_NAME),
    "-",
    headerField(record.messageId, MAX_MESSAGE_ID),
  ];
  return `<${priority}>1 ${time} ${names.join(" ")} ${structuredData(record)} ${BOM}${wholeLine(record.text)}`;
}

/** Section 6.2: printable US-ASCII without spaces; `-` for nothing. */
function headerField(text: string, maxLength: number): string {
  const printable = text.replace(/[^\u0021-\u007e]/gu, "_").slice(0, maxLength);
  return printable === "" ? "-" : printable;
}

/** Section 6.3: one element; in values `"`, `\` and `]` are escaped. */
function structuredData({ data, enterprise }: SyslogRecord): string {
  const parameters = Object.entries(data).map(
    ([name, value]) => `${parameterName(name)}="${wholeLine(value).replace(/["\\\]]/gu, "\\$&")}"`,
  );
  return parameters.length === 0 ? "-" : `[${[`pratique@${enterprise}`, ...parameters].join(" ")}]`;
}

/** Section 6.3.3: at most 32 printable characters without `=`, space, `]` and `"`. */
function parameterName(name: string): string {
  const printable = name.replace(/[^\w.-]/gu, "_").slice(0, MAX_MESSAGE_ID);
  return printable === "" ? "_" : printable;
}

/** RFC 5425 section 4.3: the length in octets, then the record. */
export function countOctets(record: string): Buffer {
  const bytes = Buffer.from(record, "utf8");
  return Buffer.concat([Buffer.from(`${bytes.length} `), bytes]);
}
