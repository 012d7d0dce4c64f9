import { styleText } from "node:util";
import type { Severity } from "@pratique/core";

/** How a report is to look: chosen once by the app that knows the terminal. */
export interface Look {
  /** Columns of the terminal. */
  readonly width: number;
  readonly color: boolean;
}

type Format = Parameters<typeof styleText>[0];

const severityFormats: Readonly<Record<Severity, Format>> = {
  critical: ["bold", "red"],
  high: "red",
  medium: "yellow",
  low: "cyan",
  negligible: "gray",
  unknown: "gray",
};

export function paintSeverity(severity: Severity, { color }: Look): string {
  return paint(severityFormats[severity], severity, color);
}

export function paint(format: Format, text: string, color: boolean): string {
  return color ? styleText(format, text, { validateStream: false }) : text;
}

/**
 * Text from an image or a feed, made fit for a terminal: control characters (Unicode's Cc), and invisible marks
 * such as those that reorder text (Cf), become visible escapes.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, visible);
}

/** So much of one text is shown in a table for people; it takes longer to lay out longer ones than they are long. */
const MAX_CELL = 200;

/** Printable text for a cell of a table: what is very long is cut, and shows that it was. */
export function cellText(text: string): string {
  return printable(text.length <= MAX_CELL ? text : `${text.slice(0, MAX_CELL).toWellFormed()}…`);
}

function visible(character: string): string {
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
}
